"""A small invented company to try mailcrm on: `make demo` runs it.

Nothing of it is installed with mailcrm. The people, companies and addresses do not exist: all domains end in
`.example` (RFC 2606).
"""

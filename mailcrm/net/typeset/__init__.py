"""Documents made of data: PDF, SVG and PNG by Typst, Word by the company's own .docx, in a process with limits.

`pool.Typesetter` is the door. The sources of templates are written by staff, the data come from clients: both meet a
process without environment, without network and without files but the templates that come with mailcrm.
"""

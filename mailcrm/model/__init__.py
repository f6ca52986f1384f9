"""The tables as inert data: SQLModel classes with columns only, no Relationship, no methods.

Nothing in this folder does I/O, reads a clock or draws a random number: both are parameters.
"""

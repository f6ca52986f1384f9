"""Business rules over values: which client, who waits, what a timeline shows.

Nothing in this folder does I/O, reads a clock or draws a random number: both are parameters.
"""

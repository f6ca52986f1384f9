"""What the mail RFCs know: addresses, messages, bodies, quotes, kinds and threads.

Nothing in this folder does I/O, reads a clock or draws a random number, and no CRM word is known here.
"""

"""What is known about mailings without any I/O: tokens, the wire format, states, pace, and what a server's no means."""

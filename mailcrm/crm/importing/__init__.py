"""Lists of clients taken in: what a column means, what a cell says, whose row it is, what it changes."""

"""Offers and mailings as rules over values: terms, words, audience, the wire format, states, pace; no I/O, no clock."""

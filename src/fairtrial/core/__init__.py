"""The nouns, canonical bytes, errors and ports. No I/O, no clock, no third-party arithmetic.

Everything above this floor speaks in these words; nothing here knows who is speaking.
"""

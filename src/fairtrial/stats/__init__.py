"""Pure functions on arrays: intervals, tests, power. No I/O, no clock; randomness comes in as a generator."""

"""The version, as a constant: looking it up in package metadata costs start-up time. A test compares both."""

VERSION = "0.1.0"

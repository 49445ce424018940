"""The programs that run inside a sandbox: source text for the host, never imported by it.

Standard library only and valid from Python 3.9 on, since a container's interpreter may be older than ours.
"""

"""Before any test module: py_ecc, which some of them import, raises the recursion limit of the whole process, and
tests of deeply nested JSON would then overflow the stack. `adapters/drand.py` keeps it down in the product."""

import sys
from contextlib import suppress

_LIMIT = sys.getrecursionlimit()
with suppress(ImportError):
    import py_ecc  # noqa: F401
sys.setrecursionlimit(_LIMIT)

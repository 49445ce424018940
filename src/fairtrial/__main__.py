"""`python -m fairtrial`, and the `fairtrial` command."""

import sys

from fairtrial.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m miglint`."""

import sys

from miglint.cli import main

if __name__ == "__main__":
    sys.exit(main())

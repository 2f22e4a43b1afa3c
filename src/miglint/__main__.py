"""`python -m miglint`."""

import os
import sys

if __name__ == "__main__":
    # Python puts the working folder first on its path, and there lies what is checked: none of it is to be imported.
    if sys.path[0] in ("", os.getcwd()) and os.path.dirname(os.path.dirname(__file__)) != os.getcwd():  # noqa: PTH109, PTH120
        del sys.path[0]
    from miglint.cli import run

    run()

"""`python bare_parse.py LIST TAKEN`: parse the files that LIST names with libcst, and add to TAKEN how long that took.

In seconds, a line for each run. To start Python and to import libcst counts for nothing.
"""

import sys
import time
from pathlib import Path

import libcst

contents = [Path(line).read_bytes() for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
started = time.perf_counter()
for content in contents:
    libcst.parse_module(content)
taken = time.perf_counter() - started
with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
    file.write(f"{taken}\n")

"""`python bare_parse.py LIST`: parse the files that LIST names with libcst, and nothing else. Prints seconds."""

import sys
import time
from pathlib import Path

import libcst

contents = [Path(line).read_bytes() for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
started = time.perf_counter()
for content in contents:
    libcst.parse_module(content)
print(time.perf_counter() - started)

#!/bin/sh
# Every Python file of the project compiles, and is kept within 120 columns and 300 lines.
# usage: python.sh SOURCE-DIRECTORY
set -eu
cd "$1"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 0; }
find scripts tests -name '*.py' -exec python3 -B - {} + <<'PYTHON'
import sys

failed = False
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        compile(text, path, "exec")
    except SyntaxError as error:
        print(f"{path}:{error.lineno}: {error.msg}")
        failed = True
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > 120 or line != line.rstrip():
            print(f"{path}:{number}: longer than 120 columns, or with space at its end")
            failed = True
    if len(lines) > 300:
        print(f"{path}: {len(lines)} lines")
        failed = True
sys.exit(failed)
PYTHON

#!/bin/sh
# No file in src is longer than 400 lines. usage: size.sh SOURCE-DIRECTORY
set -eu
cd "$1"
long=$(find src -type f -exec awk 'END { if (NR > 400) print FILENAME ": " NR " lines" }' {} \;)
if [ -n "$long" ]; then
  printf 'longer than 400 lines:\n%s\n' "$long"
  exit 1
fi

#!/bin/sh
# Is every source file as clang-format would have it? usage: format.sh SOURCE-DIRECTORY
set -eu
cd "$1"
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 0; }
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != 14 ]; then
  echo "skipped: clang-format $version formats differently from 14, which is the one that counts"
  exit 0
fi
find src tests -name '*.cc' -o -name '*.cxx' -o -name '*.h' | tr '\n' '\0' |
  xargs -0 clang-format --dry-run -Werror

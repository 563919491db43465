#!/bin/sh
# clang-tidy over the sources. usage: tidy.sh SOURCE-DIRECTORY BUILD-DIRECTORY
set -eu
build=$2
cd "$1"
command -v clang-tidy >/dev/null || { echo "skipped: no clang-tidy"; exit 0; }
version=$(clang-tidy --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != 14 ]; then
  echo "skipped: clang-tidy $version has other checks than 14, which is the one that counts"
  exit 0
fi
status=0
found=$(find src -name '*.cc' | tr '\n' '\0' |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet \
    --extra-arg=-Wno-unknown-warning-option 2>&1) || status=$?
printf '%s\n' "$found" | grep -v '^[0-9]* warnings generated' || true
exit "$status"

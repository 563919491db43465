#!/bin/sh
# mandoc's own checks of the manual pages. usage: man.sh SOURCE-DIRECTORY
set -eu
cd "$1"
command -v mandoc >/dev/null || { echo "skipped: no mandoc"; exit 0; }
mandoc -T lint -W warning man/*.[0-9]

#!/bin/sh
# Runs shellcheck over every shell script of the project. usage: shell.sh SOURCE-DIRECTORY
set -eu
cd "$1"
command -v shellcheck >/dev/null || { echo "skipped: no shellcheck"; exit 0; }
for file in scripts/* scripts/debian/* tests/*.sh tests/lint/* .ci/run; do
  [ -f "$file" ] || continue
  case $(head -n 1 "$file") in
    '#!'*sh | '# shellcheck shell='*) printf '%s\0' "$file" ;;
  esac
done | xargs -0 shellcheck -x

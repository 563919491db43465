#!/bin/sh
# The demonstration, on a raw image where one can be had. usage: demonstration.sh SOURCE BUILD
set -eu
if [ "$(id -u)" -eq 0 ] && [ -c /dev/loop-control ]; then
  exec "$1/scripts/demo" --image "$2/demonstration"
fi
exec "$1/scripts/demo" "$2/demonstration"

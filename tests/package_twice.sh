#!/usr/bin/env bash
# Builds the package twice, in directories, under umasks, in languages and time zones of their own,
# and compares the bytes. usage: package_twice.sh SOURCE-DIRECTORY BUILD-DIRECTORY
set -euo pipefail
skip() { printf 'skipped: %s\n' "$*"; exit 0; }
source=$(realpath -- "$1")
# shellcheck source=scripts/packages.sh
. "$source/scripts/packages.sh"
needed=$(missing_packages "${package_packages[@]}" | xargs)
[ -z "$needed" ] || skip "needs $needed"
work=$(mktemp -d -p "$(realpath -- "$2")" package-twice.XXXXXX)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build NAME: from a copy of the tree. Never from what ccache remembers of another build.
build() {
  mkdir -p "$work/$1"
  (cd "$source" && cp -a CMakeLists.txt CHANGELOG.md LICENSE README.md man scripts src "$work/$1/")
  CCACHE_DISABLE=1 "$work/$1/scripts/package" --no-install --no-lint --output "$work/$1/out"
}
(umask 022 && LC_ALL=C TZ=UTC build one)
(umask 077 && LC_ALL=C.UTF-8 TZ=Pacific/Auckland build another/name/altogether)
one=("$work"/one/out/*.deb)
two=("$work"/another/name/altogether/out/*.deb)
sha256sum "${one[@]}" "${two[@]}"
cmp "${one[0]}" "${two[0]}"
dpkg-deb --fsys-tarfile "${one[0]}" | tar -xO ./usr/bin/expunge | strings -n 6 >"$work/strings"
if grep -F "$work" "$work/strings"; then
  echo 'FAILED: the program names the directory that it was built in'
  exit 1
fi

#!/usr/bin/env bash
# The package in a stranger's hands: built in a clean system of a Debian release, then installed,
# used, upgraded, removed, purged and installed again in another one that has no build tools; then
# its units, started by systemd itself.
# usage: package_chroot.sh SOURCE-DIRECTORY BUILD-DIRECTORY SUITE [PACKAGE]
# PACKAGE is taken in place of one built there.
set -euo pipefail
export LC_ALL=C
skip() { printf 'skipped: %s\n' "$*"; exit 0; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

[ "$(id -u)" -eq 0 ] || skip 'needs root, to make clean systems'
command -v debootstrap >/dev/null || skip 'no debootstrap'
[ -c /dev/loop-control ] || skip 'no loop devices'
# In a view of the mounts of its own: whatever ends this, nothing stays mounted.
if [ "${EXPUNGE_PACKAGE_MOUNTS-}" != private ]; then
  EXPUNGE_PACKAGE_MOUNTS=private exec unshare --mount --propagation private -- "$0" "$@"
fi

source=$(realpath -- "$1")
suite=$3
package=${4-}
# Shared by all builds of this tree.
cache=$source/build/package-systems
mkdir -p "$cache" "$2"
work=$(mktemp -d -p "$(realpath -- "$2")" "package-$suite.XXXXXX")
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
  trap '' INT TERM
  if [ -n "${boot-}" ]; then
    kill -KILL "$boot" 2>/dev/null || true
    wait "$boot" 2>/dev/null || true
    for ((tries = 0; tries < 20; tries++)); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.1
    done
  fi
  awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r |
    while IFS= read -r place; do umount "$place" || umount --lazy "$place" || true; done
  rm -rf --one-file-system -- "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# From where this machine has its own packages.
# shellcheck disable=SC2016  # apt's own variables
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN) $(COMPONENT)' \
  'Created-By: Packages' 2>/dev/null |
  awk '$2 !~ /-/ && $3 == "Debian" && $4 == "main" { print $1; exit }')
[ -n "$mirror" ] || skip 'the package sources of this machine name no mirror of Debian'

make_base() {
  local base=$cache/$suite.tar log=$cache/$suite.log more=()
  if [ -n "$(find "$base" -mtime -14 2>/dev/null)" ]; then return; fi
  case $mirror in https:*) more=(--include=ca-certificates) ;; esac
  debootstrap --variant=minbase "${more[@]}" "$suite" "$work/base" "$mirror" >"$log" 2>&1 ||
    skip "$suite cannot be had from the mirror that this machine uses: $(tail -n 1 "$log")"
  rm -f "$work/base"/var/cache/apt/archives/*.deb
  tar -C "$work/base" -cf "$base.new" .
  mv "$base.new" "$base"
  rm -rf "$work/base"
}

# new_system NAME: a clean one at $work/NAME, with the network and the devices of this machine.
new_system() {
  local system=$work/$1 proxy=
  mkdir -p "$system" "$cache/$suite-archives/partial"
  tar -C "$system" -xf "$cache/$suite.tar"
  mount --bind "$system" "$system"  # so that it stands in its own list of mounts
  mount -t proc proc "$system/proc"
  mount --rbind /sys "$system/sys"
  mount --rbind /dev "$system/dev"
  mount --bind "$cache/$suite-archives" "$system/var/cache/apt/archives"
  cp -L /etc/resolv.conf "$system/etc/resolv.conf"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  printf 'APT::Sandbox::User "root";\n' >"$system/etc/apt/apt.conf.d/test"
  [ -z "$proxy" ] ||
    printf 'Acquire::http::Proxy "%s";\n' "$proxy" >>"$system/etc/apt/apt.conf.d/test"
  printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
  chmod 755 "$system/usr/sbin/policy-rc.d"
}

# in_system NAME COMMAND...
in_system() {
  local system=$work/$1
  shift
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive chroot "$system" "$@"
}

build_package() {
  local tree=$work/maker/tree
  mkdir "$tree"
  (cd "$source" && cp -a CMakeLists.txt CHANGELOG.md LICENSE README.md man scripts src "$tree/")
  in_system maker /tree/scripts/package --output /built >"$work/built.log" 2>&1 || {
    tail -n 60 "$work/built.log"
    fail "no package could be built on $suite"
  }
  tail -n 4 "$work/built.log"
  for package in "$work"/maker/built/expunge_*.deb; do cp "$package" "$work/"; done
  package=$work/${package##*/}
}

step "A clean $suite"
make_base
if [ -z "$package" ]; then
  step "scripts/package in it"
  new_system maker
  build_package
  # Half a gigabyte that is not needed any more.
  awk -v place="$work/maker" 'index($2 "/", place "/") == 1 { print $2 }' /proc/self/mounts | sort -r |
    while IFS= read -r place; do umount --lazy "$place"; done
  rm -rf --one-file-system -- "$work/maker"
fi

step 'A second clean system, for the archive'
new_system user
user=$work/user
# A system of its own for the archive, on which an overwrite reaches the bytes.
# shellcheck source=scripts/disk.sh
. "$source/scripts/disk.sh"
mount_image "$work/archive.img" 64M "$user/srv/recordings" || skip 'no image can be mounted here'
cp "$package" "$user/root/expunge.deb"
cp "$source/tests/package_user.sh" "$user/root/"
in_system user bash /root/package_user.sh || fail "see above ($suite)"

step 'As systemd starts it'
umount "$user/srv/recordings"
awk -v below="$user/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r |
  while IFS= read -r place; do umount --lazy "$place"; done
rm "$user/usr/sbin/policy-rc.d"
cp "$source/tests/package_units.sh" "$user/root/"
group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)/expunge-package.$$
mkdir "$group"
(echo 0 >"$group/cgroup.procs" && exec "$source/tests/package_boot.sh" "$user" "$work/archive.img") &
boot=$!
# in_boot COMMAND...: there.
in_boot() {
  local first
  first=$(pgrep -P "$boot" || pgrep -P "$(pgrep -P "$boot")") && [ -n "$first" ] &&
    nsenter -t "$first" -m -p -i -u env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}
for ((tries = 0; tries < 60; tries++)); do
  if in_boot systemctl is-active --quiet basic.target 2>/dev/null; then break; fi
  sleep 1
done
in_boot bash /root/package_units.sh || fail "see above ($suite)"
step "Done on $suite"

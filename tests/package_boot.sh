#!/usr/bin/env bash
# Boots systemd in a clean system where package_user.sh was at work, and has it start the installed
# units as they are: only systemd itself shows whether the program can work in their sandbox. Called
# by package_chroot.sh in a view of the mounts of its own.
# usage: package_boot.sh SYSTEM ARCHIVE-IMAGE
set -euo pipefail
system=$1
image=$2
# It gets a control group, and processes, of its own; and devices: none of the machine's but the
# archive's.
if [ "${EXPUNGE_BOOT-}" != inside ]; then
  EXPUNGE_BOOT=inside exec unshare --mount --propagation private --cgroup --pid --fork --ipc --uts \
    --kill-child "$0" "$@"
fi
mount --bind "$system" "$system"
cd "$system"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm dev/mqueue dev/hugepages # PrivateDevices= asks for all of these
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
loop=$(losetup --find --show -- "$image")
mknod -m 660 "dev/${loop#/dev/}" b 7 "${loop#/dev/loop}"
mount "$loop" srv/recordings
losetup --detach "$loop" # when it is mounted no more
for unit in systemd-sysctl.service systemd-modules-load.service systemd-udevd.service \
  systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service \
  systemd-binfmt.service systemd-networkd.service; do
  ln -sf /dev/null "etc/systemd/system/$unit"
done
mkdir -p old
pivot_root . old
cd /
# shellcheck disable=SC2016  # for the shell inside
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c 'umount -l /old
  exec /lib/systemd/systemd --unit=basic.target --log-target=null --show-status=0 </dev/null >/dev/null 2>&1'

# shellcheck shell=bash
# Sourced by the other scripts: a file system on which an overwrite reaches the bytes.

# overwrites_in_place DIRECTORY: whether its file system does. (stat says ext2/ext3 for ext4 too.)
overwrites_in_place() {
  case $(stat -f -c %T -- "$1") in
    ext2/ext3 | xfs) return 0 ;;
    *) return 1 ;;
  esac
}

# mount_image FILE SIZE DIRECTORY: makes an ext4 image and mounts it there; takes root, and a
# kernel that lends loop devices.
mount_image() {
  mkdir -p -- "$3" && truncate -s "$2" -- "$1" && mkfs.ext4 -q -F -- "$1" &&
    mount -o loop -- "$1" "$3"
}

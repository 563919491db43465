# shellcheck shell=bash
# Sourced by scripts/bench: the file system that is measured on, and the files that are put there.
# Uses $work, a directory, and $loop_wanted; sets $loop, $mount and $root.
# shellcheck disable=SC2154,SC2034  # work is the caller's, and so is the use of some figures

image_bytes=$((2 << 30))

# Makes the image, every block of it written: none is to be allocated while something is measured.
make_image() {
  local free
  free=$(df --output=avail -B1 -- "$work" | tail -n 1)
  if [ "$free" -lt $((image_bytes + (1 << 28))) ]; then
    fail "$work has $((free >> 20)) MiB free, and needs $(((image_bytes >> 20) + 256))"
  fi
  head -c "$image_bytes" /dev/zero >"$work/image"
  sync -f "$work/image"
  mount=$work/disk
  root=$mount/recordings
  mkdir -p "$mount"
  loop=
  if [ "$loop_wanted" = direct ]; then
    loop=$(losetup --find --show --direct-io=on -- "$work/image" 2>/dev/null) || loop=
  fi
  [ -n "$loop" ] || loop=$(losetup --find --show -- "$work/image") ||
    fail 'no loop device can be had here (a container?)'
}

# Whether the loop device goes past the page cache of the file system that holds the image.
loop_is_direct() { [ "$(losetup --noheadings --output DIO -- "$loop" | tr -d ' ')" = 1 ]; }

release_image() {
  if [ -n "${mount-}" ] && mountpoint -q "$mount"; then
    umount "$mount" || { sleep 1; umount "$mount"; } || umount --lazy "$mount" || true
  fi
  if [ -n "${loop-}" ]; then losetup --detach "$loop" || true; fi
}

# A new ext4 on the image, with no work of its own left for the background.
new_file_system() {
  if mountpoint -q "$mount"; then umount "$mount"; fi
  mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$loop"
  mount -- "$loop" "$mount"
}

# Sets $count, $bytes and $per_day to those of workload $1, and $title.
describe_workload() {
  case $1 in
    256k) count=2000 bytes=$((256 << 10)) per_day=100 title='2,000 files of 256 KiB' ;;
    4m) count=300 bytes=$((4 << 20)) per_day=30 title='300 files of 4 MiB' ;;
    16k) count=20000 bytes=$((16 << 10)) per_day=500 title='20,000 files of 16 KiB' ;;
    *) return 1 ;;
  esac
}

# Makes the workload's files below $root: random bytes, names of 43 characters, a directory for each
# day, all more than a year old by name. Then $work/files lists them (NUL after each), and
# $work/calls.csv is their index for import.
make_files() {
  local day directory stamp
  mkdir -p "$root"
  for ((day = 0; day < count / per_day; day++)); do
    printf -v stamp '%(%Y/%m/%d)T' $((now - (800 - day) * 86400))
    directory=$root/$stamp
    mkdir -p "$directory"
    head -c $((bytes * per_day)) /dev/zero |
      openssl enc -aes-256-ctr -K "$(printf '%064x' $((RANDOM + 1)))" \
        -iv "$(printf '%032x' "$day")" |
      (cd "$directory" && split -b "$bytes" -a 5 -d --additional-suffix=.wav - \
        "${stamp//\//}-101500-01632960001-services-")
  done
  find "$root" -type f -print0 | sort -z >"$work/files"
  [ "$(tr -cd '\0' <"$work/files" | wc -c)" -eq "$count" ] || fail 'the files were not made'
  {
    echo id,department,recorded_at,path,subject
    find "$root" -type f -printf '%P\n' | sort |
      awk '{ day = substr($0, 1, 10); gsub("/", "-", day)
             printf "call-%06d,Customer Services,%sT10:15:00Z,%s,01632 960001\n", NR, day, $0 }'
  } >"$work/calls.csv"
}

# Everything on the device, and nothing in memory: neither of the file system nor of the image.
make_cold() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
}

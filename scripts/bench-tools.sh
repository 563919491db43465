# shellcheck shell=bash
# Sourced by scripts/bench: what is compared. Each function destroys the files of $work/files.
# shellcheck disable=SC2154,SC2034  # work, mount, root and so on are the caller's

tools=(expunge pshred shred1 shred3 srm scrub rm)

# What is measured, in words for the table.
describe_tool() {
  case $1 in
    expunge) echo 'expunge run' ;;
    pshred) echo 'xargs -P4 shred -n1 --remove=unlink' ;;
    shred1) echo 'shred -n1 -u' ;;
    shred3) echo 'shred -u' ;;
    srm) echo 'srm -llf' ;;
    scrub) echo 'scrub -p random -r' ;;
    rm) echo 'rm (overwrites nothing)' ;;
  esac
}

# Of these, what is done within $seconds is measured, and the rest of the files left.
is_sampled() {
  case $1 in
    shred1 | shred3 | srm | scrub) return 0 ;;
    *) return 1 ;;
  esac
}

# expunge's own files lie beside the recordings, on the same file system. The first run's brake is
# lifted as an officer lifts it.
prepare_expunge() {
  local digest
  config=$mount/expunge/expunge.conf
  "$binary" --quiet init "$mount/expunge" --root "$root" &&
    "$binary" --config "$config" --quiet import "$work/calls.csv" || return 1
  # Exit status 1: the brake.
  digest=$("$binary" --config "$config" plan --format json |
    sed -n 's/.*"digest": *"\([0-9a-f]\{64\}\)".*/\1/p') || true
  "$binary" --config "$config" --quiet approve "$digest" --reason 'Benchmark'
}

# Nothing is newer than these old recordings: the clock brake would be right, but for the flag.
run_expunge() {
  /usr/bin/time --quiet -f %M -o "$work/peak" \
    "$binary" --config "$config" run --accept-clock --quiet --timings 2>"$work/timings"
}
run_pshred() {
  # Enough processes to keep four at work, few enough that starting them does not count.
  local each=$((count / 16 + 1))
  xargs -0 -a "$work/files" -P 4 -n $((each < 100 ? each : 100)) shred -n1 --remove=unlink
}
run_shred1() { within_seconds shred -n1 -u; }
run_shred3() { within_seconds shred -u; }
run_srm() { within_seconds srm -llf; }
run_scrub() { within_seconds scrub -p random -r; }
run_rm() { xargs -0 -a "$work/files" rm; }

within_seconds() {
  local status=0
  timeout "$seconds" xargs -0 -a "$work/files" -n 100 "$@" || status=$?
  [ "$status" -eq 124 ] || return "$status"
}

# Runs expunge once, unmeasured, and prints the highest number of descriptors that it was seen with.
count_descriptors() {
  local pid open most=0
  "$binary" --config "$config" run --accept-clock --quiet &
  pid=$!
  while open=("/proc/$pid/fd/"*) && [ -e "${open[0]}" ]; do
    [ ${#open[@]} -le "$most" ] || most=${#open[@]}
    sleep 0.01
  done
  wait "$pid" || return 1
  echo "$most"
}

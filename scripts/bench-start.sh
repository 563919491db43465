#!/usr/bin/env bash
# Measures how long expunge takes before it begins, under a short log and under a long one: called
# by scripts/bench --start.
set -euo pipefail

usage() {
  cat <<'T'
usage: scripts/bench --start [OPTION...]
  --entries N  of the long log (default: 1000000); it takes a second for 50,000 or so, and 0.7 GB
               for a million
  --runs N     how many rounds; the median counts (default: 21)
  --dir DIR    where index and logs are made (default: build/bench)
A night with nothing due and a plan, under logs of 10 entries and of many, taking turns; with the
bookmark beside the log, and without it, when all of the log is read. Caches are warm. Needs no root.
T
}
fail() {
  printf 'scripts/bench --start: %s\n' "$*" >&2
  exit 1
}
bad_usage() { usage >&2; exit 2; }

entries=1000000
runs=21
dir=
while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit 0 ;;
    --entries | --runs | --dir) [ $# -ge 2 ] || bad_usage ;;
    *) bad_usage ;;
  esac
  case $1 in
    --entries) entries=$2 ;;
    --runs) runs=$2 ;;
    --dir) dir=$(realpath -m -- "$2") ;;
  esac
  shift 2
done
case $entries$runs in *[!0-9]*) bad_usage ;; esac
{ [ "$runs" -gt 0 ] && [ "$entries" -gt 10 ]; } || bad_usage

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
export LC_ALL=C
unset EXPUNGE_CONFIG
install_packages "${build_packages[@]}" || exit 1
cmake --preset release >/dev/null
cmake --build --preset release --target expunge --target make_log -j "$(nproc)" | tail -n 1
binary=$PWD/build/release/expunge
make_log=$PWD/build/release/tests/make_log

mkdir -p "${dir:=$PWD/build/bench}"
work=$(mktemp -d -p "$dir" start.XXXXXX)
trap 'rm -rf --one-file-system -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run_night LOG and make_plan LOG, for `short` or `long`.
run_night() { "$binary" --quiet --config "$work/$1/expunge.conf" run --accept-clock; }
make_plan() { "$binary" --quiet --config "$work/$1/expunge.conf" plan; }

# make_office LOG ENTRIES: an index without recordings, and a log.
make_office() {
  mkdir "$work/$1-recordings"
  "$binary" --quiet init "$work/$1" --root "$work/$1-recordings" --origin bench/log >/dev/null
  "$make_log" "$work/$1/log" bench/log "$work/$1/log.key" "$work/$1/checkpoint.key" "$2"
  # The first run compares index and log, once for all.
  run_night "$1" >/dev/null
}

# measure WHAT LOG BOOKMARK: microseconds, and the peak of memory in KiB, to the results.
measure() {
  local begin end
  [ "$3" = with ] || rm -f "$work/$2/log/bookmark"
  begin=${EPOCHREALTIME/./}
  "$1" "$2" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; fail "$1 failed"; }
  end=${EPOCHREALTIME/./}
  # A plan leaves no bookmark, a run does.
  [ "$3" = with ] || run_night "$2" >/dev/null
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" $((end - begin)) >>"$work/results"
}

median() {
  awk -F '\t' -v OFS='\t' -v w="$1" -v l="$2" -v b="$3" \
    '$1 == w && $2 == l && $3 == b { print $4 }' "$work/results" |
    sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

make_office short 10
make_office long "$entries"
for ((round = 1; round <= runs; round++)); do
  for what in run_night make_plan; do
    for bookmark in with without; do
      # All of a long log takes a while.
      [ "$bookmark" = with ] || [ "$round" -le 5 ] || continue
      for log in short long; do measure "$what" "$log" "$bookmark"; done
    done
  done
done

printf '%s processors, %s; medians of %d (without: of at most 5), warm caches\n' "$(nproc)" \
  "$("$binary" --version)" "$runs"
printf '%-30s %14s %14s %9s\n' milliseconds '10 entries' "$entries" ratio
for what in run_night make_plan; do
  for bookmark in with without; do
    name='expunge run, nothing due'
    [ "$what" = run_night ] || name='expunge plan'
    [ "$bookmark" = with ] || name='  without the bookmark'
    awk -v name="$name" -v short="$(median "$what" short "$bookmark")" \
      -v long="$(median "$what" long "$bookmark")" 'BEGIN {
        printf "%-30s %14.1f %14.1f %8.2fx\n", name, short / 1e3, long / 1e3, long / short }'
  done
done
printf 'Memory of the run, MiB: '
for log in short long; do
  /usr/bin/time -f %M -o "$work/peak-$log" "$binary" --quiet --config "$work/$log/expunge.conf" \
    run --accept-clock >/dev/null 2>&1 || true
done
awk 'FNR == 1 { printf "%s%.0f", (NR > 1) ? " and " : "", $1 / 1024 } END { print "" }' \
  "$work/peak-short" "$work/peak-long"

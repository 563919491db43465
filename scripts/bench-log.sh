#!/usr/bin/env bash
# Measures how fast a log is verified, against what OpenSSL alone can do: called by
# scripts/bench --log.
set -euo pipefail

usage() {
  cat <<'T'
usage: scripts/bench --log [OPTION...]
  --entries N  of the log (default: 1000000); it takes a second for 20,000 or so, and 0.7 GB for a
               million
  --runs N     how many rounds; the median counts (default: 3)
  --dir DIR    where the log is made (default: build/bench)
The limit is what a program reaches that does nothing but EVP_DigestVerify on all processors, over
messages as long as the log's, for 5 seconds at the beginning and at the end of each round. Caches
are warm. Needs no root. Nothing else should be at work on the machine meanwhile.
T
}
fail() {
  printf 'scripts/bench --log: %s\n' "$*" >&2
  exit 1
}
bad_usage() { usage >&2; exit 2; }

entries=1000000
runs=3
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
{ [ "$runs" -gt 0 ] && [ "$entries" -gt 100 ]; } || bad_usage

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
export LC_ALL=C
unset EXPUNGE_CONFIG
install_packages "${build_packages[@]}" "${bench_packages[@]}" || exit 1
cmake --preset release >/dev/null
cmake --build --preset release --target expunge --target make_log --target verify_limit \
  -j "$(nproc)" | tail -n 1
binary=$PWD/build/release/expunge
programs=$PWD/build/release/tests

mkdir -p "${dir:=$PWD/build/bench}"
work=$(mktemp -d -p "$dir" log.XXXXXX)
trap 'rm -rf --one-file-system -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# make_office NAME ENTRIES: a log of its own.
make_office() {
  mkdir "$work/$1-recordings"
  "$binary" --quiet init "$work/$1" --root "$work/$1-recordings" --origin bench/log >/dev/null
  "$programs/make_log" "$work/$1/log" bench/log "$work/$1/log.key" "$work/$1/checkpoint.key" "$2"
}

# verify NAME OPTION...: as it is called by hand.
verify() {
  local name=$1
  shift
  "$binary" --quiet --config "$work/$name/expunge.conf" log verify "$@"
}

# measure WHAT COMMAND...: its microseconds, to the results.
measure() {
  local what=$1 begin
  shift
  begin=${EPOCHREALTIME/./}
  "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "$what failed"; }
  printf '%s\t%s\n' "$what" $((${EPOCHREALTIME/./} - begin)) >>"$work/results"
}

median() { awk -F '\t' -v w="$1" '$1 == w { print $2 }' "$work/results" | sort -n |
  awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }

# peak NAME OPTION...: of its memory, in MiB.
peak() {
  /usr/bin/time -f %M -o "$work/peak" "$binary" --quiet --config "$work/$1/expunge.conf" log verify \
    "${@:2}" >/dev/null
  awk '{ printf "%.0f", $1 / 1024 }' "$work/peak"
}

make_office short $((entries / 100))
make_office long $((entries / 2))
cp "$work/long/log/checkpoint" "$work/half.ckpt"
"$programs/make_log" "$work/long/log" bench/log "$work/long/log.key" "$work/long/checkpoint.key" \
  $((entries - entries / 2))
cat "$work/long/log/log.jsonl" >/dev/null
for ((round = 1; round <= runs; round++)); do
  for place in begin end; do
    printf 'limit\t%s\n' "$("$programs/verify_limit" "$work/long/log/log.jsonl" 5)" >>"$work/results"
    [ "$place" = begin ] || continue
    measure full verify long
    measure since verify long --since "$work/half.ckpt"
    measure root verify long --root-only
    measure hash openssl dgst -sha256 "$work/long/log/log.jsonl"
  done
done

printf '%s processors, %s, %s; medians of %d, warm caches\n' "$(nproc)" "$("$binary" --version)" \
  "$(openssl version)" "$runs"
printf '%s entries of %s bytes on average\n' "$entries" \
  $(($(stat -c %s "$work/long/log/log.jsonl") / entries))
limit=$(median limit)
printf '%-34s %10s %14s\n' '' seconds 'entries/s'
row() {
  awk -v n="$1" -v us="$2" -v e="$3" \
    'BEGIN { printf "%-34s %10.2f %14.0f\n", n, us / 1e6, e / us * 1e6 }'
}
row 'log verify' "$(median full)" "$entries"
row 'log verify --since half of it' "$(median since)" "$entries"
row 'log verify --root-only' "$(median root)" "$entries"
row 'openssl dgst -sha256, one core' "$(median hash)" "$entries"
awk -v l="$limit" -v us="$(median full)" -v e="$entries" 'BEGIN {
  printf "The limit of OpenSSL: %d signatures/s; log verify takes %.2f times as long.\n", l, l / (e / us * 1e6) }'
printf 'Memory, MiB: %s and %s (1/100 of the entries, and all); --root-only %s\n' "$(peak short)" \
  "$(peak long)" "$(peak long --root-only)"

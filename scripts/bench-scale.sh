#!/usr/bin/env bash
# Measures expunge over very many recordings against the sqlite3 shell: called by
# scripts/bench --scale.
set -euo pipefail

usage() {
  cat <<'T'
usage: scripts/bench --scale [OPTION...]
  --rows N     recordings, of 15 months, so that a fifth is due (default: 10000000)
  --runs N     how many rounds of what only reads, taking turns; the median counts (default: 3)
  --night N    rows of one night's import into that index (default: 1000)
  --dir DIR    where export and indexes are made, 0.6 GB for a million (default: build/bench)
What it is compared with:
- an import: the sqlite3 shell's .import of the same file into one table of its columns, with as
  much cache: without an index; unique in id and path; and with the further unique indexes that
  the index has over these columns, (recorded_at, id), (subject, recorded_at, id) and
  (agent, recorded_at, id). expunge fills two tables, seven b-trees in all, looks up every id and
  path first, checks every value, and makes the index durable before it logs the import;
- a plan: the sqlite3 shell's SELECT of the same columns of the same rows of the same index, in the
  same order, to /dev/null.
Ratios are of processor seconds (user and system), which others at work on the machine disturb less;
the time on the clock stands beside them. The imports are measured once. Caches are warm. Needs no root.
T
}
fail() {
  printf 'scripts/bench --scale: %s\n' "$*" >&2
  exit 1
}
bad_usage() { usage >&2; exit 2; }

rows=10000000
runs=3
night=1000
dir=
while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit 0 ;;
    --rows | --runs | --night | --dir) [ $# -ge 2 ] || bad_usage ;;
    *) bad_usage ;;
  esac
  case $1 in
    --rows) rows=$2 ;;
    --runs) runs=$2 ;;
    --night) night=$2 ;;
    --dir) dir=$(realpath -m -- "$2") ;;
  esac
  shift 2
done
case $rows$runs$night in *[!0-9]*) bad_usage ;; esac
{ [ "$runs" -gt 0 ] && [ "$rows" -ge 1000 ] && [ "$night" -gt 0 ]; } || bad_usage

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
export LC_ALL=C
unset EXPUNGE_CONFIG
install_packages "${build_packages[@]}" "${bench_packages[@]}" || exit 1
cmake --preset release >/dev/null
cmake --build --preset release --target expunge --target make_export -j "$(nproc)" | tail -n 1
binary=$PWD/build/release/expunge
make_export=$PWD/build/release/tests/make_export

mkdir -p "${dir:=$PWD/build/bench}"
room=$(df --output=avail -B 1000000 -- "$dir" | tail -n 1)
[ "$room" -gt $((rows * 6 / 10000 + 500)) ] ||
  fail "$dir has room for $room MB; $rows recordings take $((rows * 6 / 10000 + 500))"
work=$(mktemp -d -p "$dir" scale.XXXXXX)
trap 'rm -rf --one-file-system -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# measure WHAT STATUS COMMAND...: wall, user and system seconds and the peak of memory in KiB, to
# the results. STATUS is the exit status that it must have.
measure() {
  local what=$1 expected=$2 status=0
  shift 2
  [ ! -t 2 ] || printf '\r\033[K%s' "$what" >&2
  /usr/bin/time -q -o "$work/took" -f '%e\t%U\t%S\t%M' "$@" >/dev/null 2>"$work/said" || status=$?
  if [ "$status" -ne "$expected" ]; then
    tail -n 5 "$work/said" >&2
    fail "$what: exit status $status"
  fi
  printf '%s\t%s\n' "$what" "$(cat "$work/took")" >>"$work/results"
}

# make_table INDEXES: what .import fills.
make_table() {
  rm -f "$work/shell.db"
  {
    echo 'CREATE TABLE call(id TEXT NOT NULL, department TEXT NOT NULL, recorded_at TEXT NOT NULL,'
    echo ' path TEXT NOT NULL, subject TEXT NOT NULL, agent TEXT NOT NULL, bytes INTEGER) STRICT;'
    [ "$1" -lt 2 ] || echo 'CREATE UNIQUE INDEX a ON call(id); CREATE UNIQUE INDEX b ON call(path);'
    [ "$1" -lt 5 ] || for first in '' subject agent; do
      echo "CREATE UNIQUE INDEX c_$first ON call(${first:+$first, }recorded_at, id);"
    done
  } | sqlite3 "$work/shell.db"
}

columns='r.key, r.recorded_at, r.id, r.call_id, r.department, r.subject_key, r.state,
  r.contradiction, r.missing_seq, r.agent_key, r.indexed_on, f.path, f.role, f.bytes, f.sha256'
select="SELECT $columns FROM recording AS r INDEXED BY recording_plan
  LEFT JOIN file AS f ON f.recording_key = r.key WHERE r.state IN ('kept', 'returned', 'partial')
  ORDER BY r.recorded_at, r.id, f.path"

yesterday=$(date -u -d yesterday +%F)
today=$(date -u +%F)
"$make_export" "$rows" 1 "$yesterday" 456 >"$work/calls.csv"
"$make_export" "$night" $((rows + 1)) "$today" 1 | sed 's/T[01][0-9]:/T00:/' >"$work/night.csv"
mkdir "$work/recordings"
"$binary" --quiet init "$work/office" --root "$work/recordings" --origin bench/scale >/dev/null

for indexes in 0 2 5; do
  make_table "$indexes"
  measure "sqlite3 .import, $indexes indexes" 0 sqlite3 -batch "$work/shell.db" \
    'PRAGMA cache_size = -131072' ".import --csv --skip 1 $work/calls.csv call"
  printf '%s\n' "$(stat -c %s "$work/shell.db")" >"$work/shell-bytes"
done
rm -f "$work/shell.db"
expunge=("$binary" --config "$work/office/expunge.conf")
measure 'expunge import' 0 "${expunge[@]}" import "$work/calls.csv"
index_bytes=$(stat -c %s "$work/office/index.db")
measure 'expunge import, the same again' 0 "${expunge[@]}" import "$work/calls.csv"
measure "expunge import, $night new rows" 0 "${expunge[@]}" import "$work/night.csv"

for ((round = 1; round <= runs; round++)); do
  measure 'sqlite3 SELECT' 0 sqlite3 -readonly "$work/office/index.db" "$select"
  measure 'expunge plan' 1 "${expunge[@]}" plan
  measure 'expunge plan --format csv' 1 "${expunge[@]}" plan --format csv
  measure 'expunge plan --format csv --all' 1 "${expunge[@]}" plan --format csv --all
  measure 'expunge plan --format html' 1 "${expunge[@]}" plan --format html
  measure 'expunge run, braked' 3 "${expunge[@]}" run
  measure 'expunge status' 1 "${expunge[@]}" status
  measure 'expunge explain ID' 0 "${expunge[@]}" explain "call-$(printf %09d $((rows / 2)))"
  number=$(sed -n "$((round + 1))s/.*,\\(01632 [0-9]*\\),.*/\\1/p;$((round + 1))q" "$work/calls.csv")
  measure 'expunge hold place --subject' 0 "${expunge[@]}" hold place "SAR-$round" --kind sar \
    --reason 'measured' --subject "$number"
  measure 'expunge hold show' 0 "${expunge[@]}" hold show "SAR-$round"
done
# What is due is held from here on.
"${expunge[@]}" hold place ALL --kind litigation --reason 'measured' --everything >/dev/null
for ((round = 1; round <= runs; round++)); do
  measure 'expunge run, all that is due held' 0 "${expunge[@]}" run
done
[ ! -t 2 ] || printf '\r\033[K' >&2

printf '%s processors, %s, sqlite3 %s; %s recordings; medians of %d for what only reads\n' \
  "$(nproc)" "$("$binary" --version)" "$(sqlite3 --version | cut -d ' ' -f 1)" "$rows" "$runs"
printf 'bytes for a recording: export %d, index %d, the shell'\''s table with 5 indexes %d\n' \
  $(($(stat -c %s "$work/calls.csv") / rows)) $((index_bytes / rows)) \
  $(($(cat "$work/shell-bytes") / rows))
printf '%-36s %9s %9s %10s %7s  %s\n' '' 'clock s' 'CPU s' 'rows/CPU s' MiB 'as many CPU s as'
awk -F '\t' -v rows="$rows" -v night="$night" '
  !($1 in n) { order[++kinds] = $1 }
  { i = ++n[$1]; wall[$1, i] = $2; cpu[$1, i] = $3 + $4; if ($5 > peak[$1]) peak[$1] = $5 }
  function median(values, what,   i, j, swap, sorted) {
    for (i = 1; i <= n[what]; i++) sorted[i] = values[what, i]
    for (i = 1; i <= n[what]; i++) for (j = i + 1; j <= n[what]; j++) if (sorted[j] < sorted[i]) {
      swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap
    }
    return sorted[int((n[what] + 1) / 2)]
  }
  function ratio(what, other) { return sprintf("%.2f x %s", median(cpu, what) / median(cpu, other), other) }
  END {
    for (k = 1; k <= kinds; k++) {
      what = order[k]
      of = what ~ /new rows/ ? night : rows
      each = what ~ /import|plan|SELECT|run/ ? sprintf("%d", of / (median(cpu, what) + 0.001)) : ""
      against = ""
      if (what == "expunge import") {
        against = ratio(what, "sqlite3 .import, 5 indexes")
      } else if (what ~ /^expunge plan|^expunge run/) {
        against = ratio(what, "sqlite3 SELECT")
      }
      line = sprintf("%-36s %9.2f %9.2f %10s %7.1f  %s", what, median(wall, what), median(cpu, what),
                     each, peak[what] / 1024, against)
      sub(/ +$/, "", line)
      print line
    }
  }' "$work/results"

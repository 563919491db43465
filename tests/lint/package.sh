#!/usr/bin/env bash
# What is packaged agrees with the program and with itself: one version; a default configuration
# that the program takes; completion that offers what --help prints; units that systemd takes, and
# that are confined. usage: package.sh SOURCE-DIRECTORY BUILD-DIRECTORY EXPUNGE-BINARY
set -euo pipefail
export LC_ALL=C
source=$(realpath -- "$1")
build=$(realpath -- "$2")
expunge=$(realpath -- "$3")
cd "$source"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
status=0
wrong() { printf '%s\n' "$*"; status=1; }

# -- One version
version=$(sed -n 's/^project(expunge VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
packaged=$(sed -n '1s/^expunge (\([^)]*\)).*/\1/p' scripts/debian/changelog)
[ "$version" = "$packaged" ] ||
  wrong "CMakeLists.txt has version $version, scripts/debian/changelog $packaged"
grep -q "^## $version " CHANGELOG.md || wrong "CHANGELOG.md has no section on $version"

# -- The default configuration: what has no default is missing, and all else is in order
mkdir "$work/root"
EXPUNGE_CONFIG=$source/scripts/expunge.conf "$expunge" status 2>"$work/said" || :
grep -q 'log\.origin: is missing' "$work/said" ||
  wrong "scripts/expunge.conf: $(cat "$work/said")"
sed -e "s|^root .*|root = $work/root|; s|/var/lib/expunge|$work|" -e 's/^#\([a-z[]\)/\1/' \
  -e "s|^anchor.*||" scripts/expunge.conf >"$work/expunge.conf"
"$expunge" --config "$work/expunge.conf" --quiet init ||
  wrong 'scripts/expunge.conf, completed, is not taken by expunge init'

# -- Completion
# The commands, of a family its members, as --help prints them.
"$expunge" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$work/commands"
while read -r name; do
  "$expunge" "$name" --help | sed -n "s/^  expunge $name \([a-z-]*\)$/$name \1/p"
done <"$work/commands" >"$work/members"
while read -r name; do
  grep "^$name " "$work/members" || echo "$name"
done <"$work/commands" >"$work/all"
# expected WORD...: what is to be offered after these words and a dash, sorted.
expected_options() {
  "$expunge" "$@" --help | sed -n 's/^ *\(--[a-z][a-z-]*\).*/\1/p' | cat - <(echo --help) | sort -u
}
# check SHELL: with offered_by_SHELL WORD..., the last being the one to complete.
check() {
  local family words
  "offered_by_$1" '' | cmp -s - <(cat "$work/commands" <(echo help) | sort -u) ||
    wrong "$1: the commands offered are not those of expunge --help, and help"
  "offered_by_$1" -- | cmp -s - <(expected_options) ||
    wrong "$1: the global options offered are not those of expunge --help"
  cut -d ' ' -f 1 "$work/members" | sort -u >"$work/families"
  [ "$(wc -l <"$work/families")" -ge 3 ] || wrong 'hold, log and key were not found'
  while read -r family; do
    "offered_by_$1" "$family" '' | cmp -s - <(sed -n "s/^$family //p" "$work/members" | sort -u) ||
      wrong "$1: the commands offered after $family are not those of its --help"
    "offered_by_$1" help "$family" '' | cmp -s - <(sed -n "s/^$family //p" "$work/members" | sort -u) ||
      wrong "$1: the commands offered after help $family are not those of its --help"
  done <"$work/families"
  while read -r -a words; do
    "offered_by_$1" --quiet --config x "${words[@]}" -- | cmp -s - <(expected_options "${words[@]}") ||
      wrong "$1: the options offered after ${words[*]} are not those of its --help"
  done <"$work/all"
  # A value is a file's name, or what nobody can know.
  [ -z "$("offered_by_$1" plan --output '')" ] || wrong "$1: a value is completed"
}
# shellcheck disable=SC2317  # check calls them by name
offered_by_bash() {
  bash -c '. scripts/expunge.bash
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _expunge
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' - "$expunge" "$@" | sort -u
}
# zsh's own completion system is stubbed: what is added is printed.
# shellcheck disable=SC2317
offered_by_zsh() {
  zsh -f -c 'compadd() { shift; print -rl -- ${(M)@:#${words[CURRENT]}*} }
    _files() { : }
    words=("$@") CURRENT=$#
    . scripts/expunge.zsh' - "$expunge" "$@" | sort -u
}
check bash
if command -v zsh >/dev/null; then check zsh; else echo 'zsh is not here; its completion was not tried'; fi

# -- Units
if command -v systemd-analyze >/dev/null; then
  mkdir -p "$work/units"
  for unit in "$build"/units/expunge*; do
    # The program is not where it will be installed.
    sed "s|^ExecStart=[^ ]*/expunge |ExecStart=$expunge |" "$unit" >"$work/units/${unit##*/}"
  done
  systemd-analyze verify --man=no --recursive-errors=one "$work"/units/* 2>"$work/said" ||
    wrong 'systemd-analyze verify fails'
  grep -F "$work/units" "$work/said" && status=1
  # The figure of systemd 252, times ten, may only fall.
  for limit in expunge.service:14 expunge-status.service:4; do
    systemd-analyze security --offline=true --threshold="${limit#*:}" "$work/units/${limit%:*}" \
      >"$work/said" || wrong "${limit%:*}: $(tail -n 1 "$work/said")"
    tail -n 1 "$work/said"
  done
else
  echo 'systemd-analyze is not here; the units were not tried'
fi
exit "$status"

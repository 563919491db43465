#!/bin/sh
# Do the manual pages and the program agree? Every option that a command's --help prints must stand
# as an item in the command's section of expunge.1, and every key that config_values.cc accepts in
# its section of expunge.conf.5; and the other way round. usage: docs.sh EXPUNGE-BINARY
set -eu
export LC_ALL=C
expunge=$(realpath -- "$1")
cd "$(dirname -- "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# compare WHAT PAGE: $work/program against $work/page, a line for each difference.
compare() {
  sort -u -o "$work/program" "$work/program"
  sort -u -o "$work/page" "$work/page"
  if ! [ -s "$work/program" ] || ! [ -s "$work/page" ]; then
    echo "found no $1 to compare: has their form changed?"
    status=1
    return
  fi
  comm -23 "$work/program" "$work/page" | sed "s|^|$2 lacks the $1 |" >"$work/differences"
  comm -13 "$work/program" "$work/page" | sed "s|^|$2 has, and the program has not, the $1 |" \
    >>"$work/differences"
  [ ! -s "$work/differences" ] || status=1
  cat "$work/differences"
}

# The names under "Commands"; of a family (hold, log), its members.
commands() {
  "$expunge" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' | while read -r name; do
    family=$("$expunge" "$name" --help | sed -n "s/^  expunge \($name [a-z-]*\)$/\1/p")
    printf '%s\n' "${family:-$name}"
  done
}

# "COMMAND --option", a line each. The options that every command has stand in a section of their own.
commands >"$work/commands"
while read -r command; do
  # shellcheck disable=SC2086  # a member of a family is two words
  "$expunge" $command --help | sed -n "s/^ *\(--[a-z][a-z-]*\).*/$command \1/p"
done <"$work/commands" |
  sed -E 's/.* (--(config|quiet|verbose|help))$/Global options \1/' >"$work/program"
awk '
  /^\.S[hs] / { section = substr($0, 5); in_commands = /^\.Sh/ ? section == "COMMANDS" : in_commands }
  in_commands && /^\.It Fl -/ { print section " -" $3 }
' man/expunge.1 | sed '/^Global options --version$/d' >"$work/page"
while read -r command; do
  grep -q "^\.Ss $command\$" man/expunge.1 || {
    echo "expunge.1 has no section on $command"
    status=1
  }
done <"$work/commands"
compare option expunge.1

# The same of the synopsis: every command stands in it, with each option that the Usage lines of its
# help name; and it names none that the command has not.
awk '
  /^\.S[hs] / { in_synopsis = $2 == "SYNOPSIS" }
  !in_synopsis { next }
  /^\.Cm / { command = substr($0, 5); print command " (the command)" }
  { for (i = 1; i < NF; i++) if ($i ~ /^\.?Fl$/) print command " -" $(i + 1) }
' man/expunge.1 | sort -u >"$work/synopsis"
while read -r command; do
  echo "$command (the command)"
  # shellcheck disable=SC2086  # a member of a family is two words
  "$expunge" $command --help >"$work/help"
  sed '/^$/q' "$work/help" | grep -o -e '--[a-z][a-z-]*' | sed "s/^/$command /" || :
done <"$work/commands" >"$work/program"
grep -Fx -f "$work/program" "$work/synopsis" >"$work/page" || :
compare "words of usage" "the SYNOPSIS of expunge.1"
while read -r command; do
  echo "$command (the command)"
  # shellcheck disable=SC2086  # a member of a family is two words
  "$expunge" $command --help | sed -n "s/^ *\(--[a-z][a-z-]*\).*/$command \1/p"
done <"$work/commands" >"$work/program"
cp "$work/synopsis" "$work/page"
grep -Fx -f "$work/page" "$work/program" >"$work/both" || :
mv "$work/both" "$work/program"
compare option "the SYNOPSIS of expunge.1"

# "section.key", a line each.
sed -n '/^po::options_description keys/,/^}/p' src/cli/config_values.cc |
  grep -o '"[a-z]*\.[a-z-]*"' | tr -d '"' >"$work/program"
awk '
  /^\.S[hs] / { section = $2; gsub(/[][]/, "", section) }
  /^\.It Ic / { print section "." $3 }
' man/expunge.conf.5 >"$work/page"
compare key expunge.conf.5

exit "$status"

# shellcheck shell=bash
# Completion for expunge(1). It asks the program itself: what --help prints is what there is.

# _expunge_members HELP FAMILY: the commands of a family (hold, log, key) that its help lists.
_expunge_members() { sed -n "s/^  expunge $2 \([a-z-]*\)$/\1/p" <<<"$1"; }

# _expunge_options HELP: its options.
_expunge_options() { sed -n 's/^ *\(--[a-z][a-z-]*\).*/\1/p' <<<"$1"; }

_expunge() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} at=1 word help choices=''
  local before=${COMP_WORDS[COMP_CWORD - 1]} command=()
  # --option=value comes as three words.
  if [ "$current" = = ]; then
    current=
  elif [ "$before" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  help=$("$program" --help 2>/dev/null </dev/null)
  while [ "$at" -lt "$COMP_CWORD" ]; do
    word=${COMP_WORDS[at]}
    at=$((at + 1))
    case $word in
      --config)
        if [ "${COMP_WORDS[at]-}" = = ]; then at=$((at + 1)); fi
        at=$((at + 1))
        ;;
      -*) ;;
      help) if [ ${#command[@]} -gt 0 ]; then break; fi ;; # help COMMAND: as COMMAND
      *)
        command+=("$word")
        help=$("$program" "${command[@]}" --help 2>/dev/null </dev/null)
        choices=$(_expunge_members "$help" "$word")
        [ -n "$choices" ] || break
        ;;
    esac
  done
  if [ ${#command[@]} -eq 0 ]; then
    choices=$(sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")$'\n'help
  fi
  # A value: mostly a file, which bash itself completes.
  if grep -Eq -e "^ *$before (arg|[A-Z])" <<<"$help"; then return; fi
  case $current in
    -*) choices=$(_expunge_options "$help")$'\n--help' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current" | sort -u)
}

complete -o default -F _expunge expunge

#compdef expunge
# Completion for expunge(1). It asks the program itself: what --help prints is what there is.

_expunge() {
  local program=$words[1] before=$words[CURRENT-1] word help
  local -a command choices
  integer at=2
  help=$("$program" --help 2>/dev/null </dev/null)
  while (( at < CURRENT )); do
    word=$words[at]
    (( at++ ))
    case $word in
      --config) (( at++ )) ;;
      -*) ;;
      help) if (( $#command )); then break; fi ;; # help COMMAND: as COMMAND
      *)
        command+=("$word")
        help=$("$program" $command --help 2>/dev/null </dev/null)
        choices=(${(f)"$(sed -n "s/^  expunge $word \([a-z-]*\)$/\1/p" <<<"$help")"})
        (( $#choices )) || break
        ;;
    esac
  done
  if (( ! $#command )); then
    choices=(${(f)"$(sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")"} help)
  fi
  if [[ $before == --* ]] && grep -Eq -e "^ *$before (arg|[A-Z])" <<<"$help"; then
    _files
    return
  fi
  if [[ $words[CURRENT] == -* ]]; then
    choices=(${(f)"$(sed -n 's/^ *\(--[a-z][a-z-]*\).*/\1/p' <<<"$help")"} --help)
  elif (( ! $#choices )); then
    _files
    return
  fi
  compadd -- ${(u)choices}
}

_expunge "$@"

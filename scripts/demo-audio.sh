# shellcheck shell=bash
# Sourced by scripts/demo: speaks calls, and makes an archive of them with its index for import.
# Every number is from the ranges that Ofcom keeps for drama; nobody has them.

call_count=360
# Calls of this number and above are more than a year old, with days to spare: due.
first_old_call=290
# This old call was transferred: the next one is its second segment.
transferred_call=320

sentences=(
  'en-gb|Good morning, Example District Council, customer services. How can I help you?'
  'en-gb+f3|Revenues and Benefits, good afternoon. May I take your reference, please?'
  'en-gb-scotland|I moved house last month, and I would like to tell you about my council tax.'
  'en-gb+f2|My bin was not collected on Tuesday, and it is the second time this month.'
  'en-gb-scotland|I have had a letter about my housing benefit, and I do not understand it.'
  'en-gb|Let me look at your account. Please bear with me for a moment.'
  'en-gb+f3|I can see that the change was made on the third of the month.'
  'en-gb|I am going to stop the recording now, while I take your payment.'
  'en-gb+f2|Thank you. Could you send me that in writing, please?'
  'en-gb+f3|I will ask the team to call you back on the number that you are calling from.'
  'en-gb-scotland|No, that is all. You have been very helpful.'
  'en-gb|Thank you for calling. Goodbye.'
)

# Sets `spoken` to the numbers of the sentences of call $1.
sentences_of_call() {
  local call=$1 turn
  spoken=($((call % 2)))
  for ((turn = 0; turn <= call % 6; turn++)); do
    spoken+=($((2 + (call * 5 + turn * 3) % 9)))
  done
  spoken+=(11)
}

# Joins the sentences of every call n with n % $2 == $3. Each call has a speed of its own, so that
# no two have audio in common; half are mu-law and half A-law.
speak_calls() {
  local cache=$1 step=$2 call=$3 encoding speed number files
  for (( ; call < call_count; call += step)); do
    sentences_of_call "$call"
    files=()
    for number in "${spoken[@]}"; do files+=("$cache/sentence-$number.wav"); done
    encoding=mu-law
    [ $((call / 2 % 2)) -eq 0 ] || encoding=a-law
    speed=$(printf '%d.%04d' $(((9200 + call * 5) / 10000)) $(((9200 + call * 5) % 10000)))
    sox -D "${files[@]}" -e "$encoding" -b 8 "$cache/call-$call.wav" \
      speed "$speed" rate 8000 pad 0.3 0.5 || return 1
  done
}

# Makes call-0.wav to call-359.wav in directory $1, unless they are there already.
make_audio() {
  local cache=$1 stamp sentence worker pids=() workers
  stamp=$(cksum <"${BASH_SOURCE[0]}")
  if [ "$(cat "$cache/complete" 2>/dev/null)" = "$stamp" ]; then
    echo "The audio of an earlier demonstration is used again: $cache"
    return 0
  fi
  rm -rf "$cache"
  mkdir -p "$cache"
  for sentence in "${!sentences[@]}"; do
    espeak-ng -v "${sentences[sentence]%%|*}" -s 165 -w "$cache/spoken.wav" \
      -- "${sentences[sentence]#*|}"
    sox -D "$cache/spoken.wav" "$cache/sentence-$sentence.wav" pad 0.1 0.3
  done
  workers=$(nproc)
  for ((worker = 0; worker < workers; worker++)); do
    speak_calls "$cache" "$workers" "$worker" &
    pids+=($!)
  done
  for worker in "${pids[@]}"; do wait "$worker"; done
  printf '%s\n' "$stamp" >"$cache/complete"
}

# Sets `id` (opaque, as a recorder makes them), `recorded_epoch`, `department`, `subject` and `path`
# (relative to the archive's root) of call $1, for an archive made at $2, in Unix seconds. The
# recent calls go back 359 days from yesterday, the old ones from 370 to 453.
describe_call() {
  local call=$1 now_epoch=$2 days digits stamp
  printf -v id 'q%06x' $(((call + 1) * 40503 % 16777213))
  if [ "$call" -lt "$first_old_call" ]; then
    days=$((1 + call * 360 / first_old_call))
  else
    days=$((370 + (call - first_old_call) * 85 / (call_count - first_old_call)))
  fi
  recorded_epoch=$((now_epoch - now_epoch % 86400 - days * 86400 + 32400 + call * 4241 % 28800))
  department='Customer Services'
  [ $((call % 2)) -eq 0 ] || department='Revenues and Benefits'
  printf -v digits '%03d' $((call * 7 % 40))
  case $((call % 3)) in
    0) subject="07700 900$digits" ;;
    *) subject="01632 960$digits" ;;
  esac
  TZ=UTC0 printf -v stamp '%(%Y/%m/%d/%Y%m%d-%H%M%S)T' "$recorded_epoch"
  path=${stamp}_${subject// /}.wav
}

write_transcript() {
  local call=$1 file=$2 number
  sentences_of_call "$call"
  printf 'Call from %s\n' "$subject" >"$file"
  for number in "${spoken[@]}"; do printf '%s\n' "${sentences[number]#*|}" >>"$file"; done
}

# Lays the calls out under root $2 from the cache $1, by day, a transcript beside every fifth, for
# an archive made at $4. Writes to directory $3: calls.csv, the index for import; old, id and
# path of every file of an old call.
make_archive() {
  local cache=$1 root=$2 out=$3 now_epoch=$4 call file role bytes sum recorded call_id
  local -A sums=()
  : >"$out/rows"
  for ((call = 0; call < call_count; call++)); do
    describe_call "$call" "$now_epoch"
    mkdir -p "$root/${path%/*}"
    # A reflink would share its blocks with the cache, and an overwrite would then miss them.
    cp --reflink=never "$cache/call-$call.wav" "$root/$path"
    printf '%s|audio|%s\n' "$call" "$path" >>"$out/rows"
    if [ $((call % 5)) -eq 0 ]; then
      write_transcript "$call" "$root/${path%.wav}.txt"
      printf '%s|transcript|%s\n' "$call" "${path%.wav}.txt" >>"$out/rows"
    fi
  done

  while read -r sum file; do sums[${file#./}]=$sum; done \
    < <(cd "$root" && find . -type f -exec sha256sum {} +)
  echo 'id,department,recorded_at,path,role,subject,agent,call_id,bytes,sha256' >"$out/calls.csv"
  : >"$out/old"
  while IFS='|' read -r call role file; do
    describe_call "$call" "$now_epoch"
    TZ=UTC0 printf -v recorded '%(%Y-%m-%dT%H:%M:%SZ)T' "$recorded_epoch"
    call_id=
    case $call in "$transferred_call" | $((transferred_call + 1))) call_id=transfer-1 ;; esac
    bytes=$(stat -c %s "$root/$file")
    printf '%s,%s,%s,%s,%s,%s,agent-%s,%s,%s,%s\n' "$id" "$department" "$recorded" "$file" \
      "$role" "$subject" $((call % 17)) "$call_id" "$bytes" "${sums[$file]}" >>"$out/calls.csv"
    [ "$call" -lt "$first_old_call" ] || printf '%s\t%s\n' "$id" "$file" >>"$out/old"
  done <"$out/rows"
  rm "$out/rows"
}

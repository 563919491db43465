# shellcheck shell=bash
# Sourced by scripts/demo: proof by means other than expunge. It uses that script's `fail`.

# Prints the number of the line of the log $1 that says that recording $2 was destroyed.
find_entry() {
  grep -n "\"type\":\"destroy\",.*\"recording\":\"$2\"," "$1/log.jsonl" | cut -d : -f 1 | grep . ||
    fail "the log has no destroy entry for $2"
}

# verify LOG KEY-ID MESSAGE-FILE SIGNATURE-FILE
verify() {
  openssl pkeyutl -verify -pubin -inkey "$1/keys/$2.pub.pem" -rawin -in "$3" -sigfile "$4"
}

# verify_entry LOG LINE WORK-DIRECTORY: the signature of one entry. What is signed is the line
# without its last 98 bytes, which are the signature's, and with the brace that they end with.
verify_entry() {
  local line key
  line=$(sed -n "$2p" "$1/log.jsonl")
  key=$(sed -n 's/.*,"key":"\([0-9a-f]\{8\}\)","prev":"[0-9a-f]\{64\}","sig":"[^"]*"}$/\1/p' \
    <<<"$line")
  printf '%s}' "${line:0:${#line}-98}" >"$3/message"
  printf '%s' "${line: -90:88}" | openssl base64 -d -A >"$3/signature"
  verify "$1" "$key" "$3/message" "$3/signature" ||
    fail "openssl does not verify line $2 of the log"
}

# verify_checkpoint LOG WORK-DIRECTORY: the signature on the checkpoint. What is signed is its
# first three lines; the signature follows four bytes of key id.
verify_checkpoint() {
  local key
  head -n 3 "$1/checkpoint" >"$2/message"
  sed -n '5s/.* //p' "$1/checkpoint" | openssl base64 -d -A >"$2/note"
  tail -c +5 "$2/note" >"$2/signature"
  key=$(head -c 4 "$2/note" | od -An -tx1 | tr -d ' \n')
  verify "$1" "$key" "$2/message" "$2/signature" || fail 'openssl does not verify the checkpoint'
}

# make_markers ROOT LIST: from each audio file in LIST, 40 bytes of speech (none of them silence in
# either encoding), which no other file has.
make_markers() {
  local file
  while read -r file; do
    grep -aoP -m 1 '[^\x00\n\x7e\x7f\xfe\xff\x54\x55\xd4\xd5]{40}' "$1/$file" | sed -n 1p
  done <"$2"
}

# How many different lines of file $1 stand somewhere in the raw image $2.
found_in_image() {
  tr '\000' '\n' <"$2" | { grep -aoFf "$1" || [ $? -eq 1 ]; } | sort -u | wc -l
}

# shellcheck shell=bash
# Sourced by scripts/demo: proof by means other than expunge. It uses that script's `fail`.

# Prints the number of the line of the log $1 that says that recording $2 was destroyed.
find_entry() {
  grep -n "\"type\":\"destroy\",.*\"recording\":\"$2\"," "$1/log.jsonl" | cut -d : -f 1 | grep . ||
    fail "the log has no destroy entry for $2"
}

# key_of LOG LINE: the file of the key by which that line of the log is signed.
key_of() {
  local id
  id=$(sed -n "$2"'s/.*,"key":"\([0-9a-f]*\)","prev":"[0-9a-f]*","sig":"[^"]*"}$/\1/p' \
    "$1/log.jsonl")
  printf '%s\n' "$1/keys/$id.pub.pem"
}

# checkpoint_key_of LOG: the file of the key by which the checkpoint is signed: four bytes of key id
# stand before the signature.
checkpoint_key_of() {
  local id
  id=$(sed -n '5s/.* //p' "$1/checkpoint" | openssl base64 -d -A | head -c 4 | od -An -tx1 |
    tr -d ' \n')
  printf '%s\n' "$1/keys/$id.pub.pem"
}

# verify_entry LOG LINE
verify_entry() {
  scripts/verify-entry.sh "$2" "$1/log.jsonl" "$(key_of "$1" "$2")" ||
    fail "line $2 of the log does not verify with openssl"
}

# verify_checkpoint LOG
verify_checkpoint() {
  scripts/verify-checkpoint.sh "$1/checkpoint" "$(checkpoint_key_of "$1")" "$1/log.jsonl" ||
    fail 'the checkpoint does not verify with openssl'
}

# verify_certificate LOG LINE FILE: of that line's entry.
verify_certificate() {
  scripts/verify-certificate.sh "$3" "$(checkpoint_key_of "$1")" "$(key_of "$1" "$2")" ||
    fail 'the certificate does not verify with openssl'
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

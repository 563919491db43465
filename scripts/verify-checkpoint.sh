#!/bin/sh
# Verifies a checkpoint of expunge's log, and the log below it, with openssl (3.0 or later),
# coreutils, grep and sed alone. What is checked, and why, stands in expunge-log(5). This file needs
# no other one of the project.
set -eu
LC_ALL=C
export LC_ALL
lf='
'

usage() {
  cat <<'T'
usage: verify-checkpoint.sh CHECKPOINT KEY.pub.pem [LOG.jsonl]
Checks the checkpoint's form, and that the public key given signed it, once; signatures of others
are passed over. With the log, also that the root is that of the tree over as many lines of it,
so that not a byte of them is other than when the checkpoint was signed. It keeps a copy of them in
TMPDIR, and takes about a second for a thousand lines. "-" instead of CHECKPOINT or LOG.jsonl is
standard input. Bytes that are not ASCII are shown as "?".
Exit status: 0 it verifies, 4 it does not, 2 wrong usage or a file that cannot be used.
T
}

shown() { printf '%s' "$1" | tr -c ' -~' '?'; }
cannot() { printf 'verify-checkpoint: %s\n' "$(shown "$1")" >&2; exit 2; }
refuse() { printf 'verify-checkpoint: %s: %s\n' "$(shown "$name")" "$(shown "$1")" >&2; exit 4; }

finish() { # whatever ends this script unforeseen must not look like a verdict
  status=$?
  rm -rf "$tmp"
  case $status in 0 | 4) ;; *) status=2 ;; esac
  exit "$status"
}

size_of() { echo $(($(wc -c <"$1"))); }
hex() { od -An -v -tx1 | tr -d ' \n'; }
has() { case $1 in *"$lf"*) return 1 ;; esac; printf '%s\n' "$1" | grep -Eqx -e "$2"; }

readable() { [ "$1" = - ] || { [ -r "$1" ] && [ ! -d "$1" ]; } || cannot "$1: cannot be read"; }
contents() { if [ "$1" = - ]; then cat; else cat <"$1"; fi; }

# take_key FILE COPY: 44 bytes, SubjectPublicKeyInfo in DER, which begin so for Ed25519 alone.
take_key() {
  readable "$1"
  contents "$1" | head -c 1000000 >"$tmp/pem"
  { [ "$(grep -c -e '-----BEGIN' "$tmp/pem")" = 1 ] &&
    grep -q -e '-----BEGIN PUBLIC KEY-----' "$tmp/pem" &&
    openssl pkey -pubin -in "$tmp/pem" -outform DER -out "$tmp/$2" 2>/dev/null &&
    [ "$(size_of "$tmp/$2")" = 44 ] &&
    [ "$(head -c 12 "$tmp/$2" | hex)" = 302a300506032b6570032100 ]; } ||
    cannot "$1: is not an Ed25519 public key in PEM"
}

# key_id ORIGIN KEY
key_id() {
  { printf '%s\n\001' "$1"; tail -c 32 "$tmp/$2"; } | openssl dgst -sha256 -binary | head -c 4 | hex
}

# decode TEXT COPY: fails unless it is base64 as it must be written, the unused bits zero.
decode() {
  has "$1" '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?' || return 1
  printf '%s\n' "$1" | fold -w 64 | openssl base64 -d >"$tmp/$2" 2>/dev/null || return 1
  [ "$(openssl base64 <"$tmp/$2" | tr -d '\n')" = "$1" ]
}

# is_signed MESSAGE SIGNATURE KEY
is_signed() {
  said=$(openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$tmp/$3" \
    -sigfile "$tmp/$2" -in "$tmp/$1" 2>&1) && return 0
  case $said in *'Signature Verification Failure'*) return 1 ;; esac
  cannot 'openssl pkeyutl could not be used to verify a signature'
}

line() { sed -n "$2p" "$tmp/$1"; }
is_text() { # FILE: at most a million bytes, no NUL among them, LF the last
  [ "$(size_of "$tmp/$1")" -le 1000000 ] && [ -z "$(tail -c 1 "$tmp/$1" | tr '\000' 0)" ] &&
    [ $(($(tr -d '\000' <"$tmp/$1" | wc -c))) -eq "$(size_of "$tmp/$1")" ]
}

# take_checkpoint FILE KEY: refuses it unless this key signed it; sets origin, size and id, makes
# FILE.root.
dash=$(printf '\342\200\224')
name_form='[]!#-*,-[^-~]{1,255}'
take_checkpoint() {
  origin=$(line "$1" 1)
  size=$(line "$1" 2)
  lines=$(($(wc -l <"$tmp/$1")))
  { [ "$lines" -ge 5 ] && [ "$lines" -le 104 ] && has "$origin" "$name_form" &&
    has "$size" '0|[1-9][0-9]{0,17}' && decode "$(line "$1" 3)" "$1.root" &&
    [ "$(size_of "$tmp/$1.root")" = 32 ] && [ -z "$(line "$1" 4)" ]; } ||
    refuse 'expected a signed checkpoint, found something else'
  id=$(key_id "$origin" "$2")
  head -n 3 "$tmp/$1" >"$tmp/$1.m"
  sed 1,4d "$tmp/$1" >"$tmp/$1.signatures"
  found=0
  while IFS= read -r each; do
    rest=${each#"$dash "}
    signer=${rest%% *}
    { [ "$rest" != "$each" ] && has "$signer" "$name_form" && decode "${rest#* }" "$1.blob" &&
      [ "$(size_of "$tmp/$1.blob")" -gt 4 ]; } ||
      refuse 'expected signatures from line 5 of the checkpoint on, found something else'
    [ "$signer $(head -c 4 "$tmp/$1.blob" | hex)" = "$origin $id" ] || continue
    found=$((found + 1))
    tail -c +5 "$tmp/$1.blob" >"$tmp/$1.sig"
    { [ "$found" -eq 1 ] && [ "$(size_of "$tmp/$1.sig")" = 64 ] &&
      is_signed "$1.m" "$1.sig" "$2"; } ||
      refuse "expected one signature by key $id, found one that does not verify, or several"
  done <"$tmp/$1.signatures"
  [ "$found" -eq 1 ] || refuse "expected a signature by key $id, the one given, found none"
}

# hash_files: appends the digests of the files n.1 to n.$n to `level`, with one call of openssl.
hash_files() {
  set --
  while [ "$n" -gt 0 ]; do
    set -- "$tmp/n.$n" "$@"
    n=$((n - 1))
  done
  [ $# -eq 0 ] || openssl dgst -sha256 -binary "$@" >>"$tmp/level"
}

# add PREFIX CONTENT: as printf(1) takes them, for hash_files.
add() {
  n=$((n + 1))
  # shellcheck disable=SC2059  # escapes are what this is for
  printf "$@" >"$tmp/n.$n"
  [ "$n" -lt 200 ] || hash_files
}

# make_root FILE: makes `level` of the root of the tree over the lines of FILE (RFC 6962): level by
# level, a last one without a partner goes up as it is.
make_root() {
  : >"$tmp/level"
  n=0
  while IFS= read -r each; do add '\000%s' "$each"; done <"$tmp/$1"
  hash_files
  while [ "$(size_of "$tmp/level")" -gt 32 ]; do
    mv "$tmp/level" "$tmp/below"
    : >"$tmp/level"
    # For two hashes a line of 256 characters: their bytes as octal escapes.
    od -An -v -to1 "$tmp/below" | tr -s ' \n' '\134\134' | fold -w 256 >"$tmp/pairs"
    while IFS= read -r pair && [ ${#pair} -eq 256 ]; do
      add "\\001$pair"
    done <"$tmp/pairs"
    hash_files
    [ $(($(size_of "$tmp/below") % 64)) -eq 0 ] || tail -c 32 "$tmp/below" >>"$tmp/level"
  done
  [ -s "$tmp/level" ] || printf '' | openssl dgst -sha256 -binary >"$tmp/level"
}

case ${1-} in --help) usage; exit 0 ;; esac
[ $# -eq 2 ] || [ $# -eq 3 ] || { usage >&2; exit 2; }
[ "$2" != - ] || cannot 'the key cannot be standard input'
[ "$1" != - ] || [ "${3-}" != - ] || cannot 'two files cannot both be standard input'
tmp=$(mktemp -d) || cannot 'no temporary directory can be made'
trap finish EXIT
trap 'exit 2' HUP INT TERM
case $(openssl version 2>/dev/null || :) in
  'OpenSSL '[3-9]* | 'OpenSSL '[1-9][0-9]*) ;;
  *) cannot 'openssl 3.0 or later is needed' ;;
esac
name=$1
take_key "$2" key
readable "$1"
readable "${3--}"
contents "$1" | head -c 1000001 >"$tmp/checkpoint"
is_text checkpoint || refuse 'expected a signed checkpoint, found something else'
take_checkpoint checkpoint key
rest='NOT CHECKED  the lines that it is over: give the log'
if [ $# -eq 3 ]; then
  name=$3
  [ "$size" -le 10000 ] ||
    printf 'verify-checkpoint: %s lines: this is slow; expunge log verify is not\n' "$size" >&2
  : >"$tmp/log"
  [ "$size" -eq 0 ] || contents "$3" | head -n "$size" >"$tmp/log"
  [ $(($(wc -l <"$tmp/log"))) -eq "$size" ] ||
    refuse "expected $size lines, found $(($(wc -l <"$tmp/log")))"
  [ $(($(tr -d '\000' <"$tmp/log" | wc -c))) -eq "$(size_of "$tmp/log")" ] ||
    refuse "expected text in its first $size lines, found a NUL byte"
  make_root log
  cmp -s "$tmp/level" "$tmp/checkpoint.root" ||
    refuse "expected the checkpoint's root over its first $size lines, found another"
  rest="checked      the log: its first $size lines have this root"
fi
cat <<T
The checkpoint of $(shown "$origin") over $size entries:
  checked      its signature, by key $id
  $rest
T

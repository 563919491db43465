#!/bin/sh
# Verifies one entry of expunge's log with openssl (3.0 or later), coreutils, grep and sed alone.
# What is checked, and why, stands in expunge-log(5). This file needs no other one of the project.
set -eu
LC_ALL=C
export LC_ALL
lf='
'

usage() {
  cat <<'T'
usage: verify-entry.sh NUMBER LOG.jsonl KEY.pub.pem    that line of a log, from 1, and its chain
       verify-entry.sh LINE KEY.pub.pem                a file of one line, without its chain
Checks the line's form (not its members), that its "key" is the id of the public key given, and
that this key signed it; of a log also its number, and that the line before leads to it. "-"
instead of LOG.jsonl or LINE is standard input. Bytes that are not ASCII are shown as "?".
Exit status: 0 it verifies, 4 it does not, 2 wrong usage or a file that cannot be used.
T
}

shown() { printf '%s' "$1" | tr -c ' -~' '?'; }
cannot() { printf 'verify-entry: %s\n' "$(shown "$1")" >&2; exit 2; }
refuse() { printf 'verify-entry: %s: %s\n' "$(shown "$name")" "$(shown "$1")" >&2; exit 4; }

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

day='[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)'
day=$day'|02-(0[1-9]|[12][0-9]))'
start='\{"v":1,"log":"[]!#-*,-[^-~]{1,255}","seq":(0|[1-9][0-9]{0,17}),"time":"'$day
start=$start'T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{3}Z","type":"[a-z]+(\.[a-z]+)?",.+'

# take_apart FILE PLACE: of the line in it, without LF, sets origin, seq, when, type, key, prev and
# sig; and makes FILE.m of the bytes that are signed.
take_apart() {
  bytes=$(size_of "$tmp/$1")
  [ "$bytes" -le 16384 ] || refuse "$2: expected at most 16,384 bytes, found more"
  [ $(($(tr -d '\000-\037' <"$tmp/$1" | wc -c))) -eq "$bytes" ] ||
    refuse "$2: expected text ended by LF alone, found a control character"
  [ "$bytes" -gt 189 ] || refuse "$2: expected a signed entry, found $bytes bytes"
  tail=$(tail -c 189 "$tmp/$1")
  has "$tail" ',"key":"[0-9a-f]{8}","prev":"[0-9a-f]{64}","sig":"[A-Za-z0-9+/]{86}=="}' ||
    refuse "$2: expected key, prev and sig in its last 189 bytes, found something else"
  head=$(head -c $((bytes - 189)) "$tmp/$1")
  has "$head" "$start" ||
    refuse "$2: expected v, log, seq, time, type and members, found something else"
  rest=${head#'{"v":1,"log":"'}
  origin=${rest%%\"*}
  rest=${rest#*'","seq":'}
  seq=${rest%%,*}
  when=${rest#*'"time":"'}
  when=${when%%\"*}
  rest=${rest#*'","type":"'}
  type=${rest%%\"*}
  case $seq.$type in
    0.log.open) ;;
    0.* | *.log.open) refuse "$2: expected log.open as entry 0, and only there, found $type" ;;
  esac
  key=$(printf '%s' "$tail" | cut -c 9-16)
  prev=$(printf '%s' "$tail" | cut -c 27-90)
  sig=$(printf '%s' "$tail" | cut -c 100-187)
  { head -c $((bytes - 98)) "$tmp/$1"; printf '}'; } >"$tmp/$1.m"
}

case ${1-} in --help) usage; exit 0 ;; esac
number=
if [ $# -eq 3 ]; then
  has "$1" '[1-9][0-9]{0,17}' || cannot "$1: is not the number of a line, which is from 1"
  number=$1
  shift
fi
[ $# -eq 2 ] || { usage >&2; exit 2; }
[ "$2" != - ] || cannot 'the key cannot be standard input'
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

if [ -n "$number" ]; then
  # With the line before, where there is one. A torn line is no entry.
  first=$((number > 1 ? number - 1 : 1))
  wanted=$((number - first + 1))
  contents "$1" | tail -n "+$first" | head -n "$wanted" | head -c 1000000 >"$tmp/lines"
  [ $(($(wc -l <"$tmp/lines"))) -eq "$wanted" ] ||
    refuse "expected line $number, at most 16,384 bytes and LF, found none"
  head -n 1 "$tmp/lines" | tr -d '\n' >"$tmp/before"
  tail -n 1 "$tmp/lines" | tr -d '\n' >"$tmp/line"
  where="line $number"
else
  contents "$1" | head -c 1000000 >"$tmp/lines"
  tr -d '\n' <"$tmp/lines" >"$tmp/line"
  [ "$(sed -n '$=' "$tmp/lines")" = 1 ] || refuse 'expected one line, found none or several'
  where='the line'
fi

chained='NOT CHECKED  the chain: give the log, and the number of the line'
expected=0000000000000000000000000000000000000000000000000000000000000000
if [ -n "$number" ] && [ "$number" -gt 1 ]; then
  take_apart before "line $((number - 1))"
  [ "$seq" -eq $((number - 2)) ] ||
    refuse "line $((number - 1)): expected entry $((number - 2)), found entry $seq"
  before_origin=$origin
  expected=$(openssl dgst -sha256 -binary <"$tmp/before.m" | hex)
fi
take_apart line "$where"
if [ -n "$number" ]; then
  [ "$seq" -eq $((number - 1)) ] ||
    refuse "$where: expected entry $((number - 1)), found entry $seq"
  [ "$origin" = "${before_origin-$origin}" ] ||
    refuse "$where: expected an entry of $before_origin, found one of $origin"
  [ "$prev" = "$expected" ] || refuse "$where: expected prev $expected, found $prev"
  chained="checked      the chain: the line before leads to it"
  [ "$number" -gt 1 ] || chained='checked      the chain: it begins here'
fi
id=$(key_id "$origin" key)
[ "$key" = "$id" ] || refuse "$where: expected key $id, the one given, found $key"
decode "$sig" sig || refuse "$where: expected canonical base64 as sig, found another writing"
is_signed line.m sig key ||
  refuse "$where: expected a signature by key $id, found one that does not verify"
cat <<T
Entry $seq of the log $(shown "$origin"):
  type         $type
  logged       $when, by the machine's clock
  checked      its signature, by key $id
  $chained
T

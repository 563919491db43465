#!/bin/sh
# Verifies a certificate of expunge, which proves one entry of its log, with openssl (3.0 or later),
# coreutils, grep and sed alone. What is checked, and why, stands in expunge-log(5). This file needs
# no other one of the project.
set -eu
LC_ALL=C
export LC_ALL
lf='
'

usage() {
  cat <<'T'
usage: verify-certificate.sh FILE.tlog-proof CHECKPOINT-KEY.pub.pem [ENTRY-KEY.pub.pem]
Checks the certificate's form and its entry's, that the entry is in the log of the checkpoint in
it, and that the first public key signed that checkpoint; and by the second, or by the first where
it is the entry's, the entry's own signature. Says what the entry says, and what that rests on.
"-" instead of FILE is standard input. Bytes that are not ASCII are shown as "?".
Exit status: 0 it holds, 4 it does not, 2 wrong usage or a file that cannot be used.
T
}

shown() { printf '%s' "$1" | tr -c ' -~' '?'; }
cannot() { printf 'verify-certificate: %s\n' "$(shown "$1")" >&2; exit 2; }
refuse() { printf 'verify-certificate: %s: %s\n' "$(shown "$name")" "$(shown "$1")" >&2; exit 4; }

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

day='[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)'
day=$day'|02-(0[1-9]|[12][0-9]))'
start='\{"v":1,"log":"[]!#-*,-[^-~]{1,255}","seq":(0|[1-9][0-9]{0,17}),"time":"'$day
start=$start'T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{3}Z","type":"[a-z]+(\.[a-z]+)?",.+'

# take_apart FILE PLACE: of the line in it, without LF, sets origin, seq, when, type, key and sig;
# and makes FILE.m of the bytes that are signed.
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
  sig=$(printf '%s' "$tail" | cut -c 100-187)
  { head -c $((bytes - 98)) "$tmp/$1"; printf '}'; } >"$tmp/$1.m"
}

# The forms of values, once \\ is written as the byte 1 and \" as 2: then a quote ends a string.
string='"([^"\]|\\[bfnrt]|\\u00(0[0-7bef]|1[0-9a-f]))*"'
count='(0|[1-9][0-9]*)'
files_of() { # METHOD VERIFIED: one or more
  each='\{"role":'$string',"bytes":'$count'(,"sha256":"[0-9a-f]{64}")?,"method":'$1
  each=$each',"passes":'$count',"verified":'$2',"filesystem":'$string'\}'
  printf '\[%s(,%s)*\]' "$each" "$each"
}
value="($string|$count|true|false)"
value="($value|\[($value(,$value)*)?\]|\{($string:$value(,$string:$value)*)?\})"
value="($value|\[($value(,$value)*)?\]|\{($string:$value(,$string:$value)*)?\})"

# check_members: refuses `members`, unless each has a name of its own, and those that are shown
# stand where their type has them. Later versions may add some.
check_members() {
  form=",\"run\":$string,\"recording\":$string"
  case $type in
    destroy | remove | destroy.partial)
      form=$form',"department":'$string',"recorded":"'$day'","due":"'$day'","period":'$string
      form=$form',"files":(\[\]|'$(files_of "$string" '(true|false)')'),"claim":'$string
      [ "$type" != destroy.partial ] || form=$form',"overwritten":'$count',"kept":'$count ;;
    destroy.failed) form=$form',"reason":'$string ;;
    log.open | policy | import | hold.place | hold.release | hold.confirm | hold.keep | \
      plan.approve | run.start | run.braked | run.end | key.rotate | log.recovered) form= ;;
    *) refuse "expected an entry of a known type, found $type" ;;
  esac
  has "$members" "$form(,$string:$value)*" ||
    refuse 'expected the members of its type, as they are written, found something else'
  twice=$({ printf '"%s"\n' v log seq time type key prev sig
    printf '%s\n' "$members" | sed -E "s/,($string):$value/\\1\\$lf/g"; } | sort | uniq -d)
  [ -z "$twice" ] || refuse 'expected each member once, found one again'
}

case ${1-} in --help) usage; exit 0 ;; esac
[ $# -eq 2 ] || [ $# -eq 3 ] || { usage >&2; exit 2; }
if [ "$2" = - ] || [ "${3-}" = - ]; then cannot 'a key cannot be standard input'; fi
tmp=$(mktemp -d) || cannot 'no temporary directory can be made'
trap finish EXIT
trap 'exit 2' HUP INT TERM
case $(openssl version 2>/dev/null || :) in
  'OpenSSL '[3-9]* | 'OpenSSL '[1-9][0-9]*) ;;
  *) cannot 'openssl 3.0 or later is needed' ;;
esac
name=$1
take_key "$2" key
[ $# -eq 2 ] || take_key "$3" entry_key
readable "$1"
contents "$1" | head -c 1000001 >"$tmp/file"
wrong='expected a certificate (C2SP tlog-proof), found something else'
is_text file || refuse "$wrong"
empty=$(sed -n '/^$/{=;q;}' "$tmp/file")
extra=$(line file 2)
index=$(line file 3)
{ [ "$(line file 1)" = 'c2sp.org/tlog-proof@v1' ] &&
  [ "${extra#extra }" != "$extra" ] && decode "${extra#extra }" line &&
  has "$index" 'index (0|[1-9][0-9]{0,17})' && [ "${empty:-0}" -ge 4 ] && [ "$empty" -le 68 ]; } ||
  refuse "$wrong"
index=${index#index }
sed "1,${empty}d" "$tmp/file" >"$tmp/checkpoint"
take_checkpoint checkpoint key

signed_origin=$origin
take_apart line 'its entry'
[ "$origin" = "$signed_origin" ] ||
  refuse "expected an entry of $signed_origin, found one of $origin"
[ "$seq" = "$index" ] || refuse "expected entry $index, as its index says, found entry $seq"
decode "$sig" sig || refuse 'expected canonical base64 as sig, found another writing'
members=$(printf ',%s\n' "${rest#*\",}" |
  sed "s/\\\\\\\\/$(printf '\001')/g; s/\\\\\"/$(printf '\002')/g")
check_members

{ printf '\000'; cat "$tmp/line"; } | openssl dgst -sha256 -binary >"$tmp/hash"
[ "$index" -lt "$size" ] || refuse "expected an index below $size, found $index"
i=$index last=$((size - 1)) at=4
while [ "$at" -lt "$empty" ]; do
  { decode "$(line file "$at")" step && [ "$(size_of "$tmp/step")" = 32 ]; } ||
    refuse "expected 32 bytes in canonical base64 in line $at, found something else"
  [ "$last" -gt 0 ] || refuse 'expected a shorter path to the root, found a hash too many'
  if [ $((i % 2)) -eq 1 ] || [ "$i" -eq "$last" ]; then
    set -- step hash
    while [ $((i % 2)) -eq 0 ] && [ "$i" -gt 0 ]; do i=$((i / 2)) last=$((last / 2)); done
  else
    set -- hash step
  fi
  { printf '\001'; cat "$tmp/$1" "$tmp/$2"; } | openssl dgst -sha256 -binary >"$tmp/node"
  mv "$tmp/node" "$tmp/hash"
  i=$((i / 2)) last=$((last / 2)) at=$((at + 1))
done
{ [ "$last" -eq 0 ] && cmp -s "$tmp/hash" "$tmp/checkpoint.root"; } ||
  refuse "expected a path from the entry to the checkpoint's root, found another"

[ -e "$tmp/entry_key" ] || [ "$key" != "$id" ] || cp "$tmp/key" "$tmp/entry_key"
by="NOT CHECKED  the entry's own signature, by key $key: give that key"
if [ -e "$tmp/entry_key" ]; then
  given=$(key_id "$origin" entry_key)
  [ "$key" = "$given" ] || refuse "expected an entry signed by key $given, found key $key"
  is_signed line.m sig entry_key ||
    refuse "expected the entry's signature by key $key, found one that does not verify"
  by="checked      the entry itself is signed by key $key"
fi

# What the entry says. The first member of a name is the one, since no string holds a quote.
show() { printf '  %-11s  %s\n' "$1" "$(shown "$(printf '%s' "$2" | tr '\001\002' '\\"')")"; }
field() { field=${members#*,\""$1"\":\"} field=${field%%\"*}; }
field claim
files=${members#*,\"files\":} files=${files%%,\"claim\":\"*}
became=
meant=
case $type in
  destroy)
    became='was destroyed, but not that every file was overwritten and read
back. Do not take it for a confidential destruction.'
    if [ "$field" = overwritten ] && has "$files" "$(files_of '"overwrite"' true)"; then
      became='was destroyed.'
      meant=': every byte of its files was overwritten in place, flushed, and read back'
      case $members in
        *',"note":"missing: '*)
          became='was destroyed, except files that were not in their place:
what became of them is not known. The note names their roles.'
          meant=': every byte of the files that were there was overwritten in place, flushed, and read back' ;;
      esac
    fi ;;
  remove) became='was removed WITHOUT being overwritten. This is no confidential
destruction: what its files held may still be on the disk.' ;;
  destroy.partial)
    became='was NOT destroyed: that was stopped when part of it was overwritten
or removed, and the rest was kept. Nothing was verified.'
    case $members in
      *',"claim":"overwritten","overwritten":0,'*) ;;
      *',"claim":"overwritten","overwritten":'*',"kept":0' | \
        *',"claim":"overwritten","overwritten":'*',"kept":0,'*)
        became='was overwritten, all of it, when its destruction was stopped:
nothing of it is left. Nothing was verified.' ;;
    esac ;;
  destroy.failed) became='was NOT destroyed: a run tried, and failed.' ;;
esac
printf 'The certificate holds. Entry %s of the log\n%s\n' "$index" "$(shown "$origin")"
if [ -n "$became" ]; then
  echo "says that a recording $became"
else
  echo "is about no recording's destruction."
fi
show type "$type"
show logged "$when, by the machine's clock"
case $type in
  destroy | remove | destroy.partial) fields='recording department recorded due period claim' ;;
  destroy.failed) fields='recording reason' ;;
  *) fields= ;;
esac
for each in $fields; do
  field "$each"
  [ "$each" != claim ] || field=$field$meant
  show "$each" "$field"
done
show 'all of it' "${members#,}"
cat <<T
It rests on
  checked      a checkpoint of $size entries, signed by key $id, covers the entry
  $by
  NOT CHECKED  a checkpoint kept elsewhere: whoever holds the keys could have made another log
  NOT CHECKED  a time stamp: when this was written, only the machine's clock says
T

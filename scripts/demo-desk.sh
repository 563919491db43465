# shellcheck shell=bash
# Sourced by scripts/demo: days at the records officer's desk, with a small archive of its own. It
# uses that script's at_exit, show, heading, fail, read_plan, ids, base, binary, cache and dir.
# shellcheck disable=SC2154

# desk_call N: describe_call, with a file name that is in this archive alone. The raw image is
# searched for the other's names later, and here some of the same calls are held.
desk_call() {
  describe_call "$1" "$(date +%s)"
  path=${path%.wav}-desk.wav
}

# Makes the archive: 20 recent and 6 old calls, some of which are in no import file.
make_desk_archive() {
  local call
  echo 'id,department,recorded_at,path,subject,agent' >"$dir/desk.csv"
  for call in {0..19} {310..315}; do
    desk_call "$call"
    mkdir -p "$root/${path%/*}"
    # Not the audio of an old call: the raw image is searched for that later.
    cp --reflink=never "$cache/call-$((call % 200)).wav" "$root/$path"
    printf '%s,%s,%s,%s,%s,agent-%s\n' "$id" "$department" \
      "$(date -u -d "@$recorded_epoch" +%Y-%m-%dT%H:%M:%SZ)" "$path" "$subject" $((call % 3)) \
      >>"$dir/desk.csv"
  done
  desk_odd odd-no-date 'Customer Services' ''
  desk_odd odd-alias 'Cust Svcs' "$(date -u -d '30 days ago' +%Y-%m-%dT10:00:00Z)"
  desk_odd odd-department 'Parking Services' "$(date -u -d '400 days ago' +%Y-%m-%dT10:00:00Z)"
}

# desk_odd ID DEPARTMENT DATE
desk_odd() {
  mkdir -p "$root/odd"
  cp --reflink=never "$cache/call-1.wav" "$root/odd/$1.wav"
  printf '%s,%s,%s,odd/%s.wav,,\n' "$1" "$2" "$3" "$1" >>"$dir/desk.csv"
}

# set_key SECTION KEY VALUE: adds a line to the configuration.
set_key() {
  sed -i "/^\[$1\]/a $2 = $3" "$config"
  printf '%s\n' "[$1] $2 = $3" | sed 's/^/In expunge.conf: /'
}

# approve_plan: says yes to the plan as it is.
approve_plan() {
  local digest
  "$binary" --config "$config" plan >"$dir/desk-plan.txt" || [ $? -eq 1 ] || fail 'there is no plan'
  digest=$(sed -n 's/^Digest of this plan: //p' "$dir/desk-plan.txt")
  at_exit 0 approve "$digest" --reason 'Read at the desk'
}

desk_attention() {
  heading 'At the desk: what needs attention is acknowledged, put right, or given its proper name'
  at_exit '0 1' plan
  at_exit 0 acknowledge odd-no-date --until "$(date -d '30 days' +%Y-%m-%d)" \
    --reason 'The recorder lost the date; its supplier is asked'
  at_exit '0 1' correct odd-department --department 'Customer Services' --authority RM/2026/31
  set_key retention alias 'Cust Svcs: Customer Services'
  read_plan
  [ "$(ids attention)" = odd-no-date ] || fail "this still needs attention: $(ids attention)"
  echo 'What is left to look at is known, and quiet for thirty days.'
}

desk_holds() {
  heading 'A hold on a member of staff is reviewed; its release is taken back'
  at_exit '0 1' hold place GRIEVANCE-5 --kind complaint --reason 'Grievance' --agent agent-1
  at_exit 0 hold review GRIEVANCE-5 --until "$(date -d '200 days' +%Y-%m-%d)" \
    --reason 'The hearing is in the spring'
  at_exit 0 hold release GRIEVANCE-5 --reason 'Closed'
  at_exit 0 hold keep GRIEVANCE-5
  at_exit '0 1' hold list
}

# Copies that another recorder left, in its own layout, and its table.
adopt_recorders() {
  local day stamp
  heading 'Other recorders are adopted: an export of FreePBX, and an archive without a list'
  day=$(date -u -d '40 days ago' +%Y/%m/%d)
  stamp=$(date -u -d '40 days ago' +%Y%m%d)
  mkdir -p "$root/$day" "$root/old-recorder/$day"
  cp --reflink=never "$cache/call-2.wav" "$root/$day/q-700-01632960001-$stamp-101500-1700000001.7.wav"
  cp --reflink=never "$cache/call-3.wav" "$root/old-recorder/$day/$stamp-113000_01632960002.wav"
  {
    printf 'calldate\tduration\tsrc\tdid\tuniqueid\tlinkedid\trecordingfile\n'
    for number in 7 8; do
      printf '%s 10:15:00\t%s\t01632960001\t700\t1700000001.%s\t1700000001.7\t%s\n' "${day//\//-}" \
        $((number * 20)) "$number" "q-700-01632960001-$stamp-101500-1700000001.7.wav"
    done
    printf '%s 12:00:00\t3\t01632960003\t700\t1700000009.1\t1700000009.1\t\n' "${day//\//-}"
  } >"$dir/cdr.tsv"
  echo '700 = Customer Services' >"$dir/departments.txt"
  at_exit 0 import --preset freepbx --map-department "$dir/departments.txt" "$dir/cdr.tsv"
  # Files that were just written may still be growing.
  at_exit '0 1' import --scan --settled 0s --department 'Revenues and Benefits' --pattern \
    'old-recorder/.*/(?<date>\d{8})-(?<time>\d{6})_(?<subject>\d+)\.wav'
}

desk_disk() {
  heading 'Index and disk are compared'
  cp --reflink=never "$cache/call-4.wav" "$root/odd/nobody-knows.wav"
  at_exit 1 check --index
  grep -q 'nobody-knows.wav' "$dir/output" || fail 'the file that the index has not was not found'
  rm "$root/odd/nobody-knows.wav"
}

desk_destroy() {
  local path id subject department recorded_epoch held_id
  heading 'A payment was recorded by mistake: destroyed at once, but never what a hold covers'
  desk_call 12
  held_id=$(awk -F, '$6 == "agent-1" { print $1; exit }' "$dir/desk.csv")
  at_exit 2 destroy "$held_id" --ground erasure --authority DPO/2026/8 --yes
  at_exit '0 1' destroy "$id" --ground payment-data --authority DPO/2026/9 --yes
  [ ! -e "$root/$path" ] || fail "$path is still there"
  at_exit 0 explain "$id"
}

desk_night() {
  heading 'Every plan needs an approval now, and the recorder is told what is gone'
  printf '#!/bin/sh\ncat >>"%s"\n' "$home/told" >"$home/tell-recorder"
  chmod 755 "$home/tell-recorder"
  set_key run approval required
  set_key run after "$home/tell-recorder"
  desk_odd late-call 'Customer Services' "$(date -u -d '390 days ago' +%Y-%m-%dT10:00:00Z)"
  at_exit 0 import "$dir/desk.csv"
  at_exit 1 run
  [ ! -s "$home/told" ] || fail 'something was destroyed that nobody approved'
  approve_plan
  at_exit 0 run
  read_plan
  [ -z "$(ids due)" ] || fail "these are still due: $(ids due)"
  echo 'The recorder was told:'
  head -n 2 "$home/told"
  at_exit 0 status
  at_exit 0 log verify
}

# The whole of it, in $base/desk.
a_day_at_the_desk() {
  # shellcheck disable=SC2034  # at_exit and read_plan see them
  local root=$base/desk/recordings home=$base/desk/expunge config=$base/desk/expunge/expunge.conf
  mkdir -p "$root"
  make_desk_archive
  "$binary" init "$home" --root "$root" >/dev/null || fail "expunge init ended with exit status $?"
  heading 'At the desk: a small archive of its own, whose first plan is read and approved'
  at_exit '0 1' import "$dir/desk.csv"
  desk_attention
  desk_holds
  approve_plan
  at_exit '0 1' run
  adopt_recorders
  desk_disk
  desk_destroy
  desk_night
}

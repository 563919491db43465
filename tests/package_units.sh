#!/usr/bin/env bash
# What package_chroot.sh asks of a system that package_boot.sh has booted: the units as they are.
set -euo pipefail
fail() { printf 'FAILED: %s\n' "$*" >&2; journalctl --no-pager -n 30 >&2 || :; exit 1; }
root=/srv/recordings
mkdir -p $root/late
for n in 1 2 3; do head -c 30000 /dev/urandom >"$root/late/0163298000$n.wav"; done
{
  echo id,department,recorded_at,path,subject
  for n in 1 2 3; do
    echo "late-$n,Customer Services,$(date -u -d '500 days ago' +%FT12:00:00Z),late/0163298000$n.wav,1"
  done
} >/root/late.csv
chown -R 4321:4321 $root
chmod -R go= $root
expunge import --quiet /root/late.csv
systemctl start expunge.service || fail 'expunge.service'
[ -z "$(find $root -name '0163298*')" ] || fail 'something that was due is still there'
expunge log show --json | grep '"type":"run.end"' | tail -n 1 >/root/end
grep -q '"outcome":"complete","destroyed":3,"failed":0' /root/end || fail "$(cat /root/end)"
grep -q '"cleaned":\["ext4-directories: erased","ext4-journal: erased"\]' /root/end ||
  fail "names are left: $(cat /root/end)"
systemctl start expunge-status.service || fail 'expunge-status.service'
# Both are alarms: a failed unit is what a person is told of. Here a brake is on.
sed -i 's/^department = Customer.*/&\ndepartment = Parking: 1 year/' /etc/expunge/expunge.conf
! systemctl start expunge.service 2>/dev/null || fail 'a brake is no failure'
[ "$(systemctl show -p ExecMainStatus --value expunge.service)" = 3 ] || fail 'the brake'
systemctl enable --now expunge.timer expunge-status.timer 2>/dev/null
systemctl list-timers --no-pager --no-legend | grep -c expunge

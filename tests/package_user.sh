#!/usr/bin/env bash
# What package_chroot.sh has a stranger do with /root/expunge.deb, as root of a clean system with an
# ext4 at /srv/recordings.
set -euo pipefail
exec 3>&2
fail() { printf 'FAILED: %s\n' "$*" >&3; exit 1; }
step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
# ends STATUS COMMAND...: prints what it prints, and fails unless it ends so.
ends() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" -eq "$wanted" ] ||
    fail "$* ended with $status, not $wanted$([ ! -f /root/said ] || sed '1s/^/: /' /root/said)"
}
apt() { apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"; }
conf=/etc/expunge/expunge.conf
state=/var/lib/expunge
units=/lib/systemd/system

step 'Install'
apt update >/dev/null
apt install --no-install-recommends /root/expunge.deb >/root/install.log 2>&1 ||
  { tail -n 30 /root/install.log; fail 'the package could not be installed'; }
! command -v c++ >/dev/null || fail 'this system has build tools'
[ "$(stat -c '%U:%G %a' $state)" = 'expunge:expunge 755' ] || fail "$state: $(stat -c '%U:%G %a' $state)"
[ "$(getent passwd expunge | cut -d : -f 6-)" = "$state:/usr/sbin/nologin" ] || fail 'the user'
[ "$(dpkg-query -W -f '${Conffiles}' expunge | awk '{ print $1 }' | xargs)" = $conf ] ||
  fail "conffiles: $(dpkg-query -W -f '${Conffiles}' expunge)"
for unit in expunge.service expunge.timer expunge-status.service expunge-status.timer; do
  [ -f $units/$unit ] || fail "$unit is missing"
  [ -z "$(find /etc/systemd -name $unit)" ] || fail "$unit is enabled"
done
grep -qx 'ExecStart=/usr/bin/expunge run --quiet' $units/expunge.service || fail 'ExecStart='
[ ! -e /etc/cron.d/expunge ] || fail 'the cron file is active'
dpkg-query -L expunge >/root/files
for file in /usr/share/man/man1/expunge.1.gz /usr/share/man/man5/expunge-log.5.gz \
  /usr/share/bash-completion/completions/expunge /usr/share/zsh/vendor-completions/_expunge \
  /usr/share/expunge/expunge.cron /usr/share/doc/expunge/README.Debian; do
  grep -qx "$file\(\.gz\)\?" /root/files || fail "$file is not in the package"
done

step 'Make index, keys and log'
# Not before the administrator has said what the log is called, and where the archive is.
ends 2 expunge init 2>/root/said
grep -q 'log.origin: is missing' /root/said || fail "$(cat /root/said)"
sed -i 's/^#origin.*/origin = test.example.org\/log/; s/^root .*/root = \/srv\/nowhere/' $conf
ends 2 expunge init 2>/root/said
grep -q '/srv/nowhere is not a directory' /root/said || fail "$(cat /root/said)"
[ -z "$(ls -A $state)" ] || fail 'a refused init left something'
sed -i 's/^root .*/root = \/srv\/recordings/' $conf
ends 0 expunge init
ends 2 expunge init 2>/root/said
[ -z "$(find $state -mindepth 1 ! -user expunge)" ] || fail 'something there is not the user'\''s'

step 'Import'
# The recorder's own user, whom nobody else may read.
root=/srv/recordings
{
  echo id,department,recorded_at,path,subject
  for n in 01 02 03 04 05 06 07 08 09 10 11 12; do
    mkdir -p $root/old $root/new
    head -c $((20000 + 10#$n)) /dev/urandom >"$root/old/01632960$n.wav"
    head -c 9000 /dev/urandom >"$root/new/n$n.wav"
    echo "old-$n,Customer Services,$(date -u -d '500 days ago' +%FT12:00:00Z),old/01632960$n.wav,01632960$n"
    echo "new-$n,Customer Services,$(date -u -d '5 days ago' +%FT12:00:00Z),new/n$n.wav,01632970$n"
  done
} >/root/calls.csv
chown -R 4321:4321 $root
chmod -R go= $root
(cd $root/new && sha256sum ./*.wav) >/root/new.sums
ends 0 expunge import /root/calls.csv
expunge check >/root/said || [ $? -eq 1 ] || fail 'expunge check'
! grep '^problem' /root/said | grep -v '^problem  brakes: nothing was ever destroyed' ||
  fail 'the check has found another problem than that the first plan is to be approved'
! grep -E '^(warning|problem) +(permissions|key|log|confinement)' /root/said || fail 'the check warns'

step 'Plan and approve'
expunge plan >/root/plan || [ $? -eq 1 ] || fail 'expunge plan'
digest=$(sed -n 's/^Digest of this plan: //p' /root/plan)
ends 0 expunge approve "$digest" --reason 'first run'

step 'Run, as the service does'
caps() { sed -n "s/^$1=//p" $units/"$2" | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g'; }
# as_service UNIT COMMAND...: with the unit's user, group and capabilities, and nothing else.
as_service() {
  local unit=$1 bounded ambient
  shift
  bounded=$(caps CapabilityBoundingSet "$unit")
  ambient=$(caps AmbientCapabilities "$unit")
  setpriv --reuid expunge --regid expunge --clear-groups --no-new-privs \
    --inh-caps "-all${ambient:+,$ambient}" --ambient-caps "-all${ambient:+,$ambient}" \
    --bounding-set "-all${bounded:+,$bounded}" -- "$@"
}
ends 0 as_service expunge.service expunge run --verbose >/root/said 2>&1
cat /root/said
[ -z "$(find $root -name '01632960*')" ] || fail 'something that was due is still there'
(cd $root/new && sha256sum -c --quiet /root/new.sums) || fail 'something that is kept was changed'
expunge log show --json | grep '"type":"run.end"' >/root/end
grep -q '"outcome":"complete","destroyed":12,"failed":0' /root/end || fail "$(cat /root/end)"
grep -o '"cleaned".*' /root/end
! grep -qi 'capab\|permission\|not permitted' /root/end || fail 'names could not be erased'
as_service expunge-status.service expunge status --quiet >/root/said 2>&1 || fail "$(cat /root/said)"
[ ! -s /root/said ] || fail "$(cat /root/said)"
ends 0 expunge log verify --quiet

step 'What cron would call'
mkdir -p /etc/cron.d # there is no cron here
cp /usr/share/expunge/expunge.cron /etc/cron.d/expunge
sed -n 's/^[0-9*][0-9* ]*root  *//p' /etc/cron.d/expunge >/root/lines
[ "$(wc -l </root/lines)" -eq 2 ] || fail 'the lines of the cron file'
while IFS= read -r line; do
  env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin EXPUNGE_CONFIG=$conf sh -c "$line" \
    >/root/said 2>&1 || fail "$line: $(cat /root/said)"
  [ ! -s /root/said ] || fail "$line: $(cat /root/said)"
done </root/lines
[ -z "$(find $state -mindepth 1 ! -user expunge)" ] || fail 'root has left something of its own'
as_service expunge.service expunge run --quiet || fail 'the service cannot run after cron'
rm /etc/cron.d/expunge

step 'An officer of the group reads the plan'
useradd --groups expunge officer
chmod g+r $state/index.db $state/index.db-journal
setpriv --reuid officer --regid officer --init-groups expunge plan --quiet >/root/said ||
  fail 'the group may not read the plan'
ends 0 as_service expunge.service expunge run --quiet

step 'Upgrade'
dpkg-deb -R /root/expunge.deb /root/next
sed -i 's/^Version: .*/Version: 99.0-1/' /root/next/DEBIAN/control
echo '# The next version says more.' >>/root/next/etc/expunge/expunge.conf
(cd /root/next && find etc usr -type f -exec md5sum {} +) >/root/sums
mv /root/sums /root/next/DEBIAN/md5sums
dpkg-deb --root-owner-group --build /root/next /root/next.deb >/dev/null
# evidence: all that must outlive the package, to the byte.
evidence() { (cd / && find var/lib/expunge srv/recordings -exec stat -c '%n %U %G %a' {} + &&
  find var/lib/expunge srv/recordings -type f -exec sha256sum {} +) | sort; }
evidence >/root/before
cp $conf /root/expunge.conf
cp $state/log/checkpoint /root/checkpoint
apt install /root/next.deb >/root/said 2>&1 || { cat /root/said; fail 'no upgrade'; }
[ "$(dpkg-query -W -f '${Version}' expunge)" = 99.0-1 ] || fail 'no upgrade'
cmp $conf /root/expunge.conf || fail 'an upgrade has changed the configuration'
evidence | cmp - /root/before || fail 'an upgrade has changed what it must not'
ends 0 as_service expunge.service expunge run --quiet
evidence >/root/before

step 'Remove and purge'
apt remove expunge >/root/said 2>&1
[ ! -e /usr/bin/expunge ] || fail 'not removed'
cmp $conf /root/expunge.conf || fail 'a removal has changed the configuration'
apt purge expunge >/root/said 2>&1
grep "$state is left as it is" /root/said || fail "purging does not say what is left: $(cat /root/said)"
[ ! -e $conf ] || fail 'purging has left the configuration'
evidence | cmp - /root/before || fail 'a removal has changed what it must not'

step 'Install again, and go on'
apt install --no-install-recommends /root/expunge.deb >/root/said 2>&1 || { cat /root/said; fail 'again'; }
evidence | cmp - /root/before || fail 'installing again has changed what it must not'
cp /root/expunge.conf $conf
ends 0 as_service expunge.service expunge run --quiet
ends 0 expunge log verify --checkpoint /root/checkpoint
expunge log show --json >/root/said
grep -c '"type":"run.start"' /root/said

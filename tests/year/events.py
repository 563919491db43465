"""What happens once in the year, each on a day of its own."""

import os
import shutil
import signal
import subprocess
import time

from year.books import same
from year.calls import HOURS, REVENUES, SERVICES, write_rows
from year.days import DAY, at, day_of, rfc3339
from year.holds import covered
from year.office import Wrong, sweep

# Calls that every run makes with something to destroy; each thread counts its own.
DEATHS = (("fdatasync", 1, 5), ("pwrite64", 1, 12), ("unlinkat", 1, 1), ("fsync", 1, 2), ("openat", 20, 40))


def killed_run(year, night, now):
    """SIGKILL in the middle of the run, at a random system call."""
    call, least, most = year.chance.choice(DEATHS)
    count = year.chance.randint(least, most)
    print("%s: killed at %s number %d" % (year.today, call, count))
    done = year.office.call(now, "run", expect={-9, 137, night.exit}, before=(
        "strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=" + call,
        "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, count)))
    if done.returncode == night.exit:
        raise Wrong("%s: the run ended before it was killed at %s number %d" % (year.today, call, count))
    year.interrupted(night, now)


def _stays(process):
    """Whether a stopped process is stopped still, and has done nothing, a moment later."""
    path, said = "/proc/%s/status" % process, []
    for _ in range(2):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                said.append(file.read())
        except OSError:  # It was none of those that last, and has ended.
            return False
        time.sleep(0.2)
    return said[0] == said[1]


def _stopped_child(parent):
    """The process that strace traces, once it is stopped."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and parent.poll() is None:
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                    state, its_parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            # Each call that is traced stops it for a moment; this one lasts.
            if int(its_parent) == parent.pid and state in "tT" and _stays(name):
                return int(name)
        time.sleep(0.01)
    raise Wrong("the first of two runs was not stopped")


def two_runs(year, night, now):
    """A second run begins while the first stands still in the middle of its work."""
    first = year.office.start(now, "run", before=(
        "strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=unlinkat",
        "-e", "inject=unlinkat:signal=SIGSTOP:when=1"))
    stopped = _stopped_child(first)
    try:
        year.office.call(now, "run", expect=5)
    except Wrong:
        os.kill(stopped, signal.SIGKILL)
        raise
    os.kill(stopped, signal.SIGCONT)
    out, err = first.communicate(timeout=300)
    if first.returncode != night.exit:
        raise Wrong("the first of two runs: status %d\n%s%s" % (first.returncode, out, err))
    sweep()
    year.judge(night, now, year.books.news())


def forged_log(year, now):
    """Somebody has changed one bit of an old entry: nothing is destroyed or logged until it is undone."""
    path = year.books.path
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        file.seek(year.chance.randrange(size // 2))
        at_byte, old = file.tell(), file.read(1)
        file.seek(at_byte)
        file.write(bytes([old[0] ^ 1]))
    year.office.call(now, "run", expect=4)
    year.office.call(year.now(), "status", expect=4)
    same("the forged log's size", os.path.getsize(path), size)
    with open(path, "r+b") as file:
        file.seek(at_byte)
        file.write(old)
    year.look_at_disk()


class FullDisk:
    """Takes all the room where index and log lie, and gives it back."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "ballast")

    def fill(self):
        """Until not one byte more can be written."""
        with open(self.path, "wb", buffering=0) as out:
            for size in (1 << 16, 1 << 10):
                try:
                    while out.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass
        subprocess.run(["sync", "-f", self.path], check=True)
        with open(self.path, "ab", buffering=0) as out:
            try:
                while out.write(b"x" * 1024):
                    pass
            except OSError:
                pass

    def empty(self):
        """Makes room again."""
        os.unlink(self.path)
        subprocess.run(["sync", "-f", os.path.dirname(self.path)], check=True)


class Backups:
    """Copies of recordings and of the index, put back when they are old."""

    def __init__(self, year):
        self.year = year
        self.place = os.path.join(os.path.dirname(year.office.root), "backup")
        self.copied = []

    def copy_recordings(self):
        """Those that are soon due."""
        year = self.year
        soon = [call for call in year.model.plan(year.today).kept
                if year.model.due_day(call) <= year.today + 6 * DAY and not call.order]
        for call in soon:
            for file in call.files:
                to = os.path.join(self.place, file.path)
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copyfile(os.path.join(year.office.root, file.path), to)
        self.copied = soon

    def put_recordings_back(self):
        """Some that are destroyed by now are back on disk, and an import brings their ids again."""
        year = self.year
        gone = [call for call in self.copied if call.gone]
        if len(gone) < 2:
            raise Wrong("the backup has nothing that is destroyed")
        back = gone[:4]
        for call in back:
            for file in call.files:
                to = os.path.join(year.office.root, file.path)
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copyfile(os.path.join(self.place, file.path), to)
        path = os.path.join(self.place, "back.csv")
        write_rows(path, back)
        year.office.call(year.now(), "import", path, "--timezone", "Europe/London", expect=1)
        same("import of what came back: added", year.books.expect("import")[0]["added"], 0)
        for call in back:
            call.returned = True
        self.copied = back
        year.returned.update(back)

    def destroy_again(self):
        """By an order that says so, at once."""
        year = self.year
        for group in (self.copied[:1], self.copied[1:]):
            now = year.now()
            for call in group:
                call.order = (year.today, "returned", "MINUTE-7")
            night = year.plan(now, only=group)
            year.office_run(night, now, "destroy", *[call.id for call in group], "--ground", "returned",
                            "--authority", "MINUTE-7", "--yes", ordered=group)

    def copy_index(self):
        """While nobody writes to it."""
        os.makedirs(self.place, exist_ok=True)
        for name in ("index.db", "index.db-journal"):
            shutil.copy2(os.path.join(self.year.office.directory, name), self.place)
        self.gone_then = {call for call in self.year.model.calls if call.gone}
        self.imports_then = len(self.year.imports)

    def put_index_back(self):
        """The index forgets what was imported and destroyed since."""
        year = self.year
        for name in ("index.db", "index.db-journal"):
            with open(os.path.join(self.place, name), "rb") as old:
                data = old.read()
            with open(os.path.join(year.office.directory, name), "r+b") as new:
                new.write(data)
                new.truncate()
        self.lost_imports = year.imports[self.imports_then:]
        year.model.index_is_old = True
        year.model.ghosts = {call for call in year.model.calls if call.gone} - self.gone_then
        if not year.model.ghosts:
            raise Wrong("nothing was destroyed since the index was copied")

    def import_again(self):
        """What was imported since that copy."""
        for _, path, calls in self.lost_imports:
            self.year.office.call(self.year.now(), "import", path, "--timezone", "Europe/London")
            same("imported again", self.year.books.expect("import")[0]["added"], len(calls))


def change_policy(year):
    """Six weeks in place of 90 days."""
    path = year.office.config
    with open(path, encoding="utf-8") as file:
        text = file.read()
    changed = text.replace("%s: 90 days" % REVENUES, "%s: 6 weeks" % REVENUES)
    same("the configuration names the period", text == changed, False)
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)
    year.model.periods[REVENUES] = "6 weeks"


def rotate_key(year):
    """A new key for entries."""
    year.office.call(year.now(), "key", "rotate", "--reason", "CHANGE-12")
    year.books.expect("key.rotate")


def order_tonight(year):
    """One that is kept for long yet is to go tonight."""
    plan = year.model.plan(year.today + DAY)
    keep = covered(year.model.holds, year.model.calls, year.today)
    call = year.chance.choice([call for call in plan.kept if call not in keep])
    year.office.call(year.now(), "destroy", call.id, "--ground", "erasure", "--authority", "ERASURE-3",
                     "--tonight", "--yes")
    year.books.expect("order")
    call.order = (year.today, "erasure", "ERASURE-3")


def _arrives(year, call):
    call.agent = "Nobody"  # whom no hold names
    year.waiting.append(call)
    return call


def without_date(year):
    """The recorder gives no date."""
    return _arrives(year, year.recorder.call(SERVICES, None))


def of_nobody(year):
    """A department that the schedule does not name."""
    return _arrives(year, year.recorder.some("Legal Services", year.today - DAY))


def clock_ahead(year):
    """The recorder says that it was made in twenty days."""
    return _arrives(year, year.recorder.call(SERVICES, at(year.today + 20 * DAY, 11, 0)))


def stand_by_date(year, call):
    """Not before that day, and then because somebody says so, and not because it has come."""
    early = year.today < day_of(call.recorded)
    year.office.call(year.now(), "correct", call.id, "--authority", "NOTE-6", "--as-indexed", expect=2 if early else 0)
    if early:
        year.books.expect()
        return
    year.books.expect("correct")
    call.indexed, call.acknowledged = year.today, None


def acknowledge(year, call, until):
    """Known; not to be told again."""
    year.office.call(year.now(), "acknowledge", call.id, "--until", str(until), "--reason", "asked the recorder")
    year.books.expect("acknowledge")
    call.acknowledged = until


def correct_date(year, call):
    """Somebody has found it; refused while a hold covers the recording for want of a date, until one names it."""
    before, call.recorded = call.recorded, at(year.today - 20 * DAY, 11, 5)
    after = {hold.reference for hold in year.model.holds if hold.is_in_force(year.today) and hold.fits(call)}
    written, call.recorded = rfc3339(call.recorded), before
    force = [hold for hold in year.model.holds if hold.is_in_force(year.today) and hold.fits(call)]
    refused = any(hold.reference not in after for hold in force) and not any(hold.ids for hold in force)
    year.office.call(year.now(), "correct", call.id, "--authority", "NOTE-4", "--recorded-at", written,
                     expect=2 if refused else 0)
    if refused:
        year.books.expect()
        return False
    year.books.expect("correct")
    call.recorded, call.acknowledged = at(year.today - 20 * DAY, 11, 5), None
    return True


def correct_department(year, call):
    """Somebody has found whose it is."""
    call.department = HOURS
    year.office.call(year.now(), "correct", call.id, "--authority", "NOTE-5", "--department", HOURS)
    year.books.expect("correct")
    call.acknowledged = None

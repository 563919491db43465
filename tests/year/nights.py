"""The council's day: the import, the run at 02:00, and the office from nine o'clock on."""

import datetime
import os

from year.books import Books, judge_run, judge_torso, same
from year.calls import HOURS, REVENUES, SERVICES, Recorder, first_calls, write_rows
from year.days import at, day_of
from year.model import Model
from year.office import Wrong

START = datetime.date(2024, 2, 1)
NIGHTS = 400


class Year:
    """Lives through the nights; what happens in them beyond the daily is in happenings.py and office_hours.py."""

    def __init__(self, office, chance):
        self.office = office
        self.chance = chance
        self.model = Model()
        self.recorder = Recorder(office.root, chance)
        self.books = None
        self.today = START
        self.waiting = []       # made, and not yet imported
        self.imports = []       # (day, file, calls)
        self.torso = None       # what the run before destroyed that was interrupted, until the next has gone ahead
        self.failing = {}       # id: why its file is refused tonight
        self.returned = set()   # destroyed once, and back
        self.minutes = 0
        self.exits = {}

    def begin(self):
        """Day nought: everything is set up, and what the recorder has is imported."""
        names = [word for item in self.model.periods.items() for word in ("--department", "%s: %s" % item)]
        office, now = self.office, at(START, 10)
        office.call(now, "init", office.directory, "--root", office.root, *names,
                    "--origin", "year.example/log", "--controller", "Example District Council")
        self.books = Books(office.directory)
        self.books.expect("log.open", "policy")
        self.waiting = first_calls(self.recorder, START)
        self.take_in(at(START, 10, 30))

    def now(self):
        """The next free minute of the office's day."""
        self.minutes += 1
        return at(self.today, 9, 0) + datetime.timedelta(minutes=self.minutes)

    def take_in(self, now, expect=0):
        """Imports what waits; returns whether that went well, which it must if 0 alone is expected."""
        path = os.path.join(self.office.directory, "imports", "%s.csv" % now.strftime("%Y%m%dT%H%M"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        calls, rows = self.waiting, sum(len(call.files) for call in self.waiting)
        write_rows(path, calls)
        done = self.office.call(now, "import", path, "--timezone", "Europe/London", expect=expect)
        if done.returncode != 0:
            self.books.expect()
            return False
        entry = self.books.expect("import")[0]
        same("import", (entry["rows"], entry["rejected"]), (rows, 0))
        if not expect:
            same("import: added", entry["added"], len(calls))
        self.imports.append((self.today, path, calls))
        for call in calls:
            call.indexed = day_of(now)
        self.model.calls += calls
        self.waiting = []
        return True

    def record(self, day):
        """The calls of a day, some of them transferred."""
        chance = self.chance
        for _ in range(chance.randint(1, 4)):
            department = chance.choices((SERVICES, REVENUES, HOURS), (2, 2, 1))[0]
            self.waiting.append(self.recorder.some(department, day))
        if chance.random() < 0.2:
            first = self.recorder.some(SERVICES, day)
            second = self.recorder.call(REVENUES, first.recorded, subject=first.subject)
            first.call_id = second.call_id = "call-%06d" % self.recorder.made
            self.waiting += [first, second]

    def run(self, now=None, *flags):
        """A run that must go as the model says."""
        now = now or at(self.today, 2)
        night = self.plan(now, flags)
        self.office_run(night, now, "run", *flags)
        return night

    def plan(self, now, flags=(), only=None):
        """The model's night, with what is refused."""
        night = self.model.night(now, [flag.removeprefix("--accept-") for flag in flags], only)
        if not night.brakes:
            night.failing = {call.id: self.failing[call.id] for call in night.allowed if call.id in self.failing}
        return night

    def office_run(self, night, now, *words, before=(), ordered=()):
        """Calls what runs, and judges its exit status, its entries and the disk. Orders are logged first."""
        done = self.office.call(now, *words, expect=night.exit, before=before)
        entries = self.books.news()
        orders, entries = entries[:len(ordered)], entries[len(ordered):]
        same("orders", [(entry["type"], entry["recording"]) for entry in orders],
             [("order", call.id) for call in sorted(ordered, key=lambda call: call.id)])
        self.judge(night, now, entries)
        return done

    def judge(self, night, now, entries):
        """The entries of a run that ended, and the disk after it."""
        model = self.model
        if self.torso is not None and not night.brakes:
            self._judge_recovery(night, entries)
        else:
            judge_run(entries, night, model)
        if not night.brakes:
            model.newest_start = now
            model.last_complete = now
            model.index_is_old = False
            model.ghosts = set()
        self.exits[night.exit] = self.exits.get(night.exit, 0) + 1
        self.look_at_disk()

    def _judge_recovery(self, night, entries):
        # What the killed run had logged is finished now; whether the index knew it then, nobody can say.
        done, self.torso = self.torso, None
        start = next(entry for entry in entries if entry["type"] == "run.start")
        if start["due"] == len(night.allowed) + len(done):
            self.model.ghosts = set(done)
            night.allowed = self.model.plan(night.today).due
        end = entries[-1]
        told = end["destroyed"]
        fresh = sum(1 for entry in entries if entry["type"] == "destroy")
        if not fresh <= told <= fresh + len(done):
            raise Wrong("run.end counts %d destroyed, and %d entries say so" % (told, fresh))
        sizes = {"destroyed": fresh, "bytes": sum(
            file.bytes for call in night.allowed if call not in self.model.ghosts for file in call.files)}
        judge_run(entries[:-1] + [dict(end, **sizes)], night, self.model)

    def interrupted(self, night, now):
        """After a run that was killed or had no room: it did nothing that it must not, and lost nothing."""
        entries = self.books.news()
        self.books.may_recover = True
        done = judge_torso(entries, night, self.model)
        started = [entry for entry in entries if entry["type"] == "run.start"]
        if started:
            self.model.newest_start = now
        if any(entry["type"] == "run.end" and entry["outcome"] == "complete" for entry in entries):
            self.model.last_complete = now
        self.torso = done
        there = self.on_disk()
        mine = {file.path for call in night.allowed for file in call.files}
        lost = self.model.files() - there - mine
        if lost:
            raise Wrong("the interrupted run of %s removed %s" % (night.today, sorted(lost)[:5]))
        unlogged = self.model.files() - there
        if unlogged:
            raise Wrong("removed without an entry on %s: %s" % (night.today, sorted(unlogged)[:5]))

    def on_disk(self):
        """The paths of all files below the root."""
        root, found = self.office.root, set()
        for place, _, names in os.walk(root):
            found.update(os.path.relpath(os.path.join(place, name), root) for name in names)
        return found

    def look_at_disk(self):
        """The files are those that the model has, and no others."""
        there = self.on_disk()
        there -= {".expunge-filler", "~expunge-filler"}
        wanted = self.model.files() | {file.path for call in self.waiting for file in call.files}
        if there != wanted:
            raise Wrong("%s: gone and must be there: %s; there and must be gone: %s" % (
                self.today, sorted(wanted - there)[:5], sorted(there - wanted)[:5]))

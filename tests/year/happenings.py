"""Which day brings what; every named event comes in every year, whatever the seed."""

import datetime
import os

from year import events
from year.calls import REVENUES
from year.days import DAY, at
from year.desk import Desk
from year.holds import Hold, covered
from year.nights import NIGHTS, START
from year.office import Wrong


class Happenings:
    """Lives a Year through, day by day."""

    def __init__(self, year, image):
        self.year = year
        self.desk = Desk(year)
        self.backups = events.Backups(year)
        self.disk = events.FullDisk(image) if image else None
        self.seen = set()
        self.other_name = None  # of a recording, elsewhere
        self.player = None      # a recording that somebody has open
        self.odd = []
        chance = year.chance
        self.outage = range(130, 130 + chance.randint(9, 12))
        self.missed = {230 + chance.randint(0, 9), 250 + chance.randint(0, 5), 330 + chance.randint(0, 9)}
        # Nights that want something to destroy begin with the first that has it.
        self.nights = [(35 + chance.randint(0, 8), self.killed, "first kill"),
                       (62 + chance.randint(0, 3), self.two_runs, "two runs at once"),
                       (180 + chance.randint(0, 9), self.killed, "second kill"),
                       (224 + chance.randint(0, 3), self.forged, "forged log"),
                       (290 + chance.randint(0, 25), self.killed, "third kill")]
        if self.disk:
            self.nights.append((100 + chance.randint(0, 3), self.full_disk, "full disk"))
        self.days = {48: self.hard_link, 51: self.mend_link, 70: self.backups.copy_recordings,
                     80: self.backups.put_recordings_back, 86: self.backups.destroy_again,
                     90 + chance.randint(0, 5): lambda: events.rotate_key(year), 109: self.open_elsewhere,
                     118: self.backups.copy_index, 121: self.backups.put_index_back,
                     160: lambda: events.change_policy(year), 220: lambda: events.order_tonight(year),
                     199: lambda: self.odd.append(events.without_date(year)),
                     203: lambda: events.acknowledge(year, self.odd[0], year.today + 5 * DAY),
                     212: self.correct_date,
                     259: lambda: self.odd.append(events.of_nobody(year)),
                     262: lambda: events.acknowledge(year, self.odd[1], year.today + 20 * DAY),
                     285: lambda: events.correct_department(year, self.odd[1]),
                     296: lambda: self.odd.append(events.clock_ahead(year)),
                     300: lambda: events.acknowledge(year, self.odd[2], year.today + 60 * DAY),
                     310: lambda: events.stand_by_date(year, self.odd[2]),
                     345: lambda: events.stand_by_date(year, self.odd[2]),
                     394: lambda: events.without_date(year)}
        self.needed = {"first kill", "two runs at once", "second kill", "third kill", "forged log", "missed", "outage",
                       "leap day", "clocks forward", "clocks back", "hard-link", "open-elsewhere", "came back",
                       "first-run", "share", "clock", "index", "policy", "hold on a call"}
        if self.disk:
            self.needed.add("full disk")

    def live(self):
        """All of it."""
        self.year.begin()
        for number in range(1, NIGHTS + 1):
            self.year.today = START + DAY * number
            self.year.minutes = 0
            try:
                self.day(number)
            except Wrong as wrong:
                raise Wrong("night %d, %s: %s" % (number, self.year.today, wrong)) from None
        missing = self.needed - self.seen
        if missing:
            raise Wrong("the year went by without %s" % sorted(missing))

    def day(self, number):
        """One day: the night first."""
        year, today = self.year, self.year.today
        year.record(today - DAY)
        if number in self.outage:  # the machine stands still
            return
        after_outage = number == self.outage.stop
        if number in self.missed:
            self.seen.add("missed")
        else:
            if not after_outage:
                year.take_in(at(today, 0, 45))
            self.night(number)
        for when, name in ((datetime.date(2024, 2, 29), "leap day"), (datetime.date(2024, 3, 31), "clocks forward"),
                           (datetime.date(2024, 10, 27), "clocks back")):
            if today == when and year.model.last_complete == at(today, 2):
                self.seen.add(name)
        self.by_day(number)

    def night(self, number):
        """The run at 02:00, and what is done about it in the morning."""
        year, now = self.year, at(self.year.today, 2)
        special = next((one for one in self.nights if one[0] <= number), None)
        night = year.plan(now)
        if special and len(night.allowed) >= 2 and not night.brakes and not night.failing and year.torso is None:
            self.nights.remove(special)
            self.seen.add(special[2])
            special[1](night, now)
            return
        night = year.run(now)
        self.seen.update(night.failing.values())
        self.seen.update(night.brakes)
        if night.exit == 1 and any(call.returned for call in year.model.calls):
            self.seen.add("came back")
        if "clock" in night.brakes:
            self.seen.add("outage")
            year.run(year.now(), "--accept-clock")
            year.take_in(year.now())
        elif "index" in night.brakes:
            self.backups.import_again()
            year.run(year.now(), "--accept-index")
        elif night.brakes:
            self.desk.read_plan()
            self.desk.approve()

    def by_day(self, number):
        """The office's day."""
        year = self.year
        if year.torso is None and number not in range(118, 123):
            self.desk.holds()
        if number in self.days:
            self.days[number]()
        if number >= 150 and "hold on a call" not in self.seen and year.torso is None:
            self.hold_a_call()
        if year.torso is not None:
            return
        if self.player and number >= 113:
            self.player.close()
            self.player, year.failing = None, {}
        if not year.model.index_is_old:
            if number in self.missed or number == 1 or year.chance.random() < 0.1:
                self.desk.status()
            if number % 50 == 0:
                self.desk.read_plan()
                self.desk.list_holds()
                self.desk.explain()

    def killed(self, night, now):
        """See events.killed_run."""
        events.killed_run(self.year, night, now)

    def two_runs(self, night, now):
        """See events.two_runs."""
        events.two_runs(self.year, night, now)

    def forged(self, night, now):
        """See events.forged_log; the run is made up for in the morning."""
        del night
        events.forged_log(self.year, now)
        self.year.run(self.year.now())

    def full_disk(self, night, now):
        """Nothing can be logged: nothing is lost, and status 1 says that it stopped."""
        self.disk.fill()
        done = self.year.office.call(now, "run", expect=1)
        if "make room" not in done.err:
            raise Wrong("the run on a full disk says: %s" % done.err)
        self.disk.empty()
        self.year.interrupted(night, now)

    def correct_date(self):
        """Where a hold is in the way, one on the recording itself makes it possible, as the message says."""
        year, call = self.year, self.odd[0]
        if not events.correct_date(year, call):
            self.desk.place(Hold("REF-2024/NOTE-4", "other", (call.id,), release_at=year.today + 4 * DAY))
            if not events.correct_date(year, call):
                raise Wrong("the date of %s cannot be corrected" % call.id)

    def hold_a_call(self):
        """A hold names the one half of a transferred call; the other, which is due soon, is kept as well."""
        year, model = self.year, self.year.model
        keep = covered(model.holds, model.calls, year.today)
        for call in model.calls:
            if not call.call_id or call.gone or call in keep or call.department != REVENUES:
                continue
            due, other = model.due_day(call), model.find_other(call)
            if year.today < due < year.today + 20 * DAY and not (other.gone or other in keep):
                self.desk.place(Hold("REF-2024/CALL", "complaint", (other.id,), release_at=due + 5 * DAY))
                self.seen.add("hold on a call")
                return

    def _due_soon(self):
        year = self.year
        for days in (1, 2, 3):
            due = year.model.plan(year.today + days * DAY).due
            if due:
                return due[0]
        raise Wrong("nothing is due in three days")

    def hard_link(self):
        """A recording that falls due has another name elsewhere, for some nights."""
        year, call = self.year, self._due_soon()
        self.other_name = os.path.join(os.path.dirname(year.office.root), "another name")
        os.link(os.path.join(year.office.root, call.files[0].path), self.other_name)
        year.failing = {call.id: "hard-link"}

    def mend_link(self):
        """The other name goes."""
        os.unlink(self.other_name)
        self.year.failing = {}

    def open_elsewhere(self):
        """Somebody plays a recording that falls due."""
        year, call = self.year, self._due_soon()
        self.player = open(os.path.join(year.office.root, call.files[0].path), "rb")
        year.failing = {call.id: "open-elsewhere"}

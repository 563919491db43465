"""The records office by day: approvals, holds, orders, status, and the plan read against the model."""

import csv
import datetime
import io
import json

from year.books import same
from year.calls import AGENTS
from year.days import DAY, at, day_of
from year.holds import Hold, covered
from year.office import Wrong

KINDS = ("sar", "foi", "complaint", "litigation", "police", "other")


class Desk:
    """What persons do with a Year; each method is one command or a few."""

    def __init__(self, year):
        self.year = year
        self.placed = 0

    def _call(self, *words, expect=0):
        return self.year.office.call(self.year.now(), *words, expect=expect)

    def approve(self):
        """Reads the plan for the next night, and says yes to it: by the digest that the model reckons."""
        year, model = self.year, self.year.model
        tomorrow = year.today + DAY
        due = model.plan(tomorrow).due
        digest = model.digest(due)
        plan = self._call("plan", expect={0, 1}).out
        if digest not in plan:
            raise Wrong("the plan for %s has not the digest %s" % (tomorrow, digest))
        self._call("approve", digest, "--reason", "read")
        entry = year.books.expect("plan.approve")[0]
        same("plan.approve", (entry["plan"], entry["due"], entry["today"]), (digest, len(due), str(tomorrow)))
        model.approvals.append((digest, at(year.today, 9) + datetime.timedelta(minutes=year.minutes),
                                dict(model.periods), set(due)))

    def read_plan(self):
        """Every recording's verdict and due day, as expunge plan says them of tomorrow, are the model's."""
        model, tomorrow = self.year.model, self.year.today + DAY
        plan = model.plan(tomorrow)
        out = self._call("plan", "--all", "--format", "csv", expect={0, 1}).out
        said = {row["recording"]: (row["verdict"], row["due"]) for row in csv.DictReader(io.StringIO(out))}
        wanted = {}
        for verdict in ("due", "held", "attention", "kept"):
            for call in getattr(plan, verdict):
                wanted[call.id] = verdict
        same("plan: recordings", sorted(said), sorted(wanted))
        for name, verdict in wanted.items():
            same("plan: %s" % name, said[name][0], verdict)
            if verdict != "attention":
                same("plan: %s" % name, said[name][1], str(model.due_day(model.find(name))))

    def status(self):
        """The alarm says what it must, and no more."""
        year = self.year
        now = year.now()
        wanted = year.model.alarms(now, year.today)
        done = year.office.call(now, "status", "--json", expect=1 if wanted else 0)
        same("status: alarms on %s" % year.today, {alarm["name"] for alarm in json.loads(done.out)["alarms"]}, wanted)

    def place(self, hold):
        """Places a hold that covers something now."""
        year, model = self.year, self.year.model
        self._call("hold", "place", hold.reference, "--kind", hold.kind, "--reason", "a letter",
                   *hold.options(year.chance))
        year.books.expect("hold.place")
        model.holds.append(hold)

    def _new_hold(self):
        chance, year = self.year.chance, self.year
        there = [call for call in year.model.calls if not call.gone and call.recorded and not call.returned]
        # Most of those that will matter are due soon.
        soon = [call for call in there if (year.model.due_day(call) or datetime.date.max) < year.today + 40 * DAY]
        call = chance.choice(soon or there)
        self.placed += 1
        hold = Hold("REF-2024/%03d" % self.placed, chance.choice(KINDS))
        shape = chance.randrange(5)
        if shape == 0:
            hold.ids = tuple(sorted({call.id, chance.choice(soon or there).id}))
        elif shape in (1, 2):
            hold.subject = call.subject
        elif shape == 3:
            hold.department = call.department
            hold.first = day_of(call.recorded) - DAY * chance.randint(0, 2)
            hold.last = day_of(call.recorded) + DAY * chance.randint(0, 2)
        else:
            hold.agent = chance.choice(AGENTS)
            hold.first = hold.last = day_of(call.recorded)
        return hold

    def holds(self):
        """Some days a hold is placed, released, reviewed or kept after all."""
        year, chance, model = self.year, self.year.chance, self.year.model
        if chance.random() < 0.2:
            hold = self._new_hold()
            mine = covered([hold], model.calls, year.today)
            if mine and not any(call.returned or call.order or call.id in year.failing for call in mine):
                self.place(hold)
                hold.release_at = year.today + DAY * chance.randint(2, 70) if chance.random() < 0.9 else None
        for hold in model.holds:
            if hold.keep_at == year.today:
                self._call("hold", "keep", hold.reference)
                year.books.expect("hold.keep")
                hold.released, hold.release_at = None, year.today + DAY * chance.randint(3, 20)
                hold.keep_at = None
            elif hold.released is None and hold.release_at and hold.release_at <= year.today:
                self._call("hold", "release", hold.reference, "--reason", "answered")
                year.books.expect("hold.release")
                hold.released = year.today
                if chance.random() < 0.25:
                    hold.keep_at = year.today + DAY * chance.randint(1, 6)
            elif hold.released is None and chance.random() < 0.01:
                self._call("hold", "review", hold.reference, "--until", str(year.today + 60 * DAY),
                           "--reason", "not yet answered")
                year.books.expect()

    def list_holds(self):
        """Those in force are the model's, and they cover as many."""
        year, model = self.year, self.year.model
        listed = json.loads(self._call("hold", "list", "--json", expect={0, 1}).out)["holds"]
        force = {hold.reference for hold in model.holds if hold.is_in_force(year.today)}
        same("hold list", {hold["reference"] for hold in listed if hold["state"] != "ended"}, force)

    def explain(self):
        """Of some that are destroyed, explain says that they are, and when."""
        gone = [call for call in self.year.model.calls if call.gone]
        for call in self.year.chance.sample(gone, min(3, len(gone))):
            out = self._call("explain", call.id).out
            if not any(day_text(fate[0]) in out for fate in call.fates):
                raise Wrong("explain %s does not say that it was destroyed on %s:\n%s" % (call.id, call.fates, out))


def day_text(day):
    """A civil date as the log has it."""
    return day.isoformat()

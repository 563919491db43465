"""What must become of every recording, by the manual alone: nothing here asks expunge."""

import collections
import dataclasses
import datetime
import hashlib

from year.calls import HOURS, REVENUES, SERVICES
from year.days import DAY, day_of, due_day, rfc3339
from year.holds import covered

CLOCK_STEP = datetime.timedelta(days=7)
APPROVAL_LIFE = datetime.timedelta(days=7)
SILENCE = datetime.timedelta(hours=26)

Plan = collections.namedtuple("Plan", "due held attention unacknowledged kept")


@dataclasses.dataclass
class Night:
    """What one run must do and say."""
    today: datetime.date
    brakes: list
    due: list           # in the order of the plan, before it is narrowed by an approval
    allowed: list
    held: int
    attention: int
    unacknowledged: int
    approval: str = ""
    accepted: tuple = ()
    logs_policy: bool = False
    failing: dict = dataclasses.field(default_factory=dict)  # id: reason
    restricted: bool = False
    reconciles: bool = False

    @property
    def exit(self):
        """The exit status."""
        if self.brakes:
            return 3
        for_a_person = (len(self.due) > len(self.allowed) and not self.restricted) or self.failing or self.reconciles
        return 1 if for_a_person or (self.unacknowledged and not self.restricted) else 0


class Model:
    """The council's archive."""

    def __init__(self):
        self.calls = []
        self.holds = []
        self.periods = {SERVICES: "12 months", REVENUES: "90 days", HOURS: "1 month"}
        self.logged_periods = dict(self.periods)
        self.newest_start = None
        self.last_complete = None
        self.approvals = []      # (digest, instant, periods, calls)
        self.index_is_old = False
        self.ghosts = set()      # destroyed, as the old index does not know

    def scheduled(self, call):
        """When it is due by the schedule; None where nobody can say."""
        if call.recorded is None or call.department not in self.periods:
            return None
        return due_day(day_of(call.recorded), self.periods[call.department])

    def due_day(self, call):
        """By order or by schedule; None for what is not understood."""
        day = None if call.returned else self.scheduled(call)
        if call.order and not (day and day < call.order[0]):
            day = call.order[0]
        return day

    @staticmethod
    def untrue(call, today):
        """Whether its date cannot be: it is yet to come, or the call was imported days before it."""
        if call.recorded is None or call.returned:
            return False
        day = day_of(call.recorded)
        return day > today or (call.indexed is not None and day > call.indexed + 2 * DAY)

    def plan(self, today):
        """Every recording's verdict on that day."""
        keep = covered(self.holds, self.calls, today)
        plan = Plan([], [], [], [], [])
        for call in self.calls:
            if call.gone and call not in self.ghosts:
                continue
            day = self.due_day(call)
            if day is None or (self.untrue(call, today) and not call.order):
                plan.attention.append(call)
                if call.acknowledged is None or call.acknowledged < today:
                    plan.unacknowledged.append(call)
            elif day > today:
                plan.kept.append(call)
            else:
                (plan.held if call in keep else plan.due).append(call)
        plan.due.sort(key=lambda call: (rfc3339(call.recorded), call.id))
        return plan

    def digest(self, due):
        """That of a plan of these."""
        text = "".join("%s\t%s\n" % (call.id, self.due_day(call)) for call in due)
        return hashlib.sha256(text.encode()).hexdigest()

    def night(self, now, accept=(), only=None):
        """What a run that starts now must do."""
        today = day_of(now)
        plan = self.plan(today)
        due = plan.due
        brakes = []
        if due and not any(call.fates for call in self.calls):
            brakes.append("first-run")
        if len(due) > 100 and len(due) * 1000 > 50 * (len(due) + len(plan.held) + len(plan.kept)):
            brakes.append("share")
        if self.periods != self.logged_periods:
            brakes.append("policy")
        newest = max([call.recorded for call in due + plan.held + plan.kept] +
                     ([self.newest_start] if self.newest_start else []))
        if now - newest > CLOCK_STEP:
            brakes.append("clock")
        if self.index_is_old:
            brakes.append("index")
        allowed, approval = due, None
        if set(brakes) & {"first-run", "share", "policy"}:
            approval = self._approval(now, due)
            allowed = [call for call in due if approval and call in approval[3]]
        lifted = set(accept) | ({"first-run", "share", "policy"} if approval else set())
        if only is not None:
            allowed = [call for call in allowed if call in only]
        still_on = [brake for brake in brakes if brake not in lifted]
        return Night(today, still_on, due, allowed, len(plan.held), len(plan.attention), len(plan.unacknowledged),
                     approval[0] if approval else "", tuple(b for b in brakes if b in accept),
                     not still_on and "policy" in brakes and len(allowed) == len(due),
                     restricted=only is not None, reconciles=self.index_is_old)

    def _approval(self, now, due):
        for approval in reversed(self.approvals):
            if approval[2] == self.periods and now - approval[1] <= APPROVAL_LIFE:
                covers = any(call in approval[3] for call in due)
                return approval if covers or not due else None
        return None

    def alarms(self, now, today):
        """Whether status must raise one."""
        found = set()
        if self.last_complete is None or now - self.last_complete > SILENCE:
            found.add("silence")
        plan = self.plan(today)
        lately = covered(self.holds, self.calls, today - 4 * DAY)  # nobody could destroy what these kept
        for call in plan.due + plan.unacknowledged:
            if call in lately:
                continue
            day = self.due_day(call) or self.scheduled(call)
            if day is not None and not self.untrue(call, today) and day + 3 * DAY < today:
                found.add("overdue")
        return found

    def files(self):
        """Those that must be on disk."""
        return {file.path for call in self.calls if not call.gone for file in call.files}

    def find_other(self, call):
        """The other half of a transferred call."""
        return next(one for one in self.calls if one.call_id == call.call_id and one is not call)

    def find(self, name):
        """The recording of that id."""
        return next(call for call in self.calls if call.id == name)

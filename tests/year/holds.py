"""Holds, as the model knows them."""

import dataclasses
import datetime

from year.days import DAY, day_of

RELEASE_DELAY = 7


@dataclasses.dataclass(eq=False)
class Hold:
    """An order to keep; what is None restricts nothing."""
    reference: str
    kind: str
    ids: tuple = None
    subject: str = None
    agent: str = None
    department: str = None
    first: datetime.date = None
    last: datetime.date = None
    released: datetime.date = None
    release_at: datetime.date = None  # when the office means to ask for its release
    keep_at: datetime.date = None     # when it takes the release back

    def is_in_force(self, day):
        """Whether it counts on that day."""
        return self.released is None or day <= self.released + DAY * RELEASE_DELAY

    def fits(self, call):
        """Whether it names this recording itself."""
        if self.ids is not None and call.id not in self.ids:
            return False
        if self.subject is not None and call.subject != self.subject:
            return False
        if self.agent is not None and call.agent != self.agent:
            return False
        if self.department is not None and call.department != self.department:
            return False
        if call.recorded is None:
            return True
        day = day_of(call.recorded)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def options(self, chance):
        """What hold place is told of its scope."""
        words = []
        if self.ids is not None:
            words += ["--recording", *self.ids]
        if self.subject is not None:
            digits = self.subject
            words += ["--subject", chance.choice((digits, "+44 %s %s" % (digits[1:5], digits[5:]),
                                                  "(%s) %s-%s" % (digits[:5], digits[5:8], digits[8:])))]
        if self.agent is not None:
            words += ["--agent", self.agent]
        if self.department is not None:
            words += ["--department", self.department]
        if self.first is not None:
            words += ["--from", str(self.first)]
        if self.last is not None:
            words += ["--to", str(self.last)]
        return words


def covered(holds, calls, day):
    """The recordings that any hold in force covers, itself or by the call that it is part of."""
    force = [hold for hold in holds if hold.is_in_force(day)]
    if not force:
        return set()
    there = [call for call in calls if not call.gone]
    found = {call for call in there if any(hold.fits(call) for hold in force)}
    ties = {call.call_id for call in found if call.call_id}
    return found | {call for call in there if call.call_id in ties}

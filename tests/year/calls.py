"""The council's calls: recordings of random sizes, some with transcripts, and the rows that import them."""

import csv
import dataclasses
import datetime
import hashlib
import os

from year.days import DAY, LONDON, UTC, at, rfc3339

SERVICES, REVENUES, HOURS = "Customer Services", "Revenues and Benefits", "Out of Hours"
AGENTS = ("Wetherby, J.", "Okonkwo, A.", "Pritchard, M.", "Szymanska, K.")
COLUMNS = ("id", "department", "recorded_at", "path", "role", "subject", "agent", "call_id", "bytes", "sha256")


@dataclasses.dataclass
class File:
    """One file of a recording, as it was written."""
    path: str
    role: str
    bytes: int
    sha256: str


@dataclasses.dataclass(eq=False)
class Call:
    """One recording: what it is, and, below, what has become of it by the model."""
    id: str
    department: str
    recorded: datetime.datetime  # None: the recorder gave no date
    written: str                 # the time as the import has it
    subject: str
    agent: str
    call_id: str
    files: list
    returned: bool = False       # destroyed, and back
    order: tuple = None          # (day, ground, authority)
    acknowledged: datetime.date = None
    indexed: datetime.date = None  # the day of its import, or that on which somebody stood by its date
    fates: list = dataclasses.field(default_factory=list)

    @property
    def gone(self):
        """Whether it is destroyed and not back."""
        return bool(self.fates) and not self.returned

    def rows(self):
        """Those of the import."""
        for file in self.files:
            yield (self.id, self.department, self.written, file.path, file.role, self.subject, self.agent,
                   self.call_id, file.bytes, file.sha256)


class Recorder:
    """Makes calls, and their files below a root."""

    def __init__(self, root, chance):
        self.root = root
        self.chance = chance
        self.made = 0

    def _write(self, path, role, size):
        data = self.chance.randbytes(size)
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as out:
            out.write(data)
        digest = hashlib.sha256(data).hexdigest()
        return File(path, role, size, digest)

    def _as_written(self, instant):
        local = instant.astimezone(LONDON)
        forms = [rfc3339(instant), str(int(instant.timestamp())), local.isoformat()]
        # A local time without offset means the later of two, and only that one.
        if at(local.date(), local.hour, local.minute, local.second) == instant:
            forms += [local.strftime("%Y-%m-%d %H:%M:%S")] * 2
        return self.chance.choice(forms)

    def call(self, department, recorded, call_id="", written=None, subject=None):
        """A new call; its files are on disk."""
        chance = self.chance
        self.made += 1
        number = self.made
        subject = subject or "07700%06d" % (900000 - number * 7)
        agent = chance.choice(AGENTS)
        day = (recorded or datetime.datetime(2024, 1, 1, tzinfo=UTC)).astimezone(LONDON)
        stem = "%s/%s-%05d" % (day.strftime("%Y/%m/%d"), subject, number)
        size = chance.choice((chance.randint(1, 4095), chance.randint(4096, 20000), chance.randint(4096, 20000)))
        if chance.random() < 0.03:
            size = chance.randint(70000, 300000)
        files = [self._write(stem + ".wav", "audio", size)]
        if chance.random() < 0.3:
            files.append(self._write(stem + ".txt", "transcript", chance.randint(1, 6000)))
        if written is None:
            written = self._as_written(recorded) if recorded else ""
        return Call("rec-%06d" % number, department, recorded, written, subject, agent, call_id, files)

    def some(self, department, day):
        """A call at any time of that London day; often near its ends."""
        chance = self.chance
        start, end = at(day, 0), at(day + DAY, 0) - datetime.timedelta(seconds=1)
        length = int((end - start).total_seconds())
        offset = chance.choice((0, length, chance.randint(0, 3600), chance.randint(length - 3600, length),
                                chance.randint(0, length), chance.randint(0, length)))
        return self.call(department, start + datetime.timedelta(seconds=offset))


def write_rows(path, calls):
    """The import file of these calls."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for call in calls:
            rows.writerows(call.rows())


def first_calls(recorder, start):
    """What the recorder had when expunge came: a backlog, a year of calls, and the awkward moments of both."""
    chance, calls = recorder.chance, []
    for _ in range(110):
        calls.append(recorder.some(SERVICES, start - DAY * chance.randint(368, 480)))
    for back in range(1, 367):
        for _ in range(1 + (chance.random() < 0.25)):
            calls.append(recorder.some(SERVICES, start - DAY * back))
    for back in range(1, 92):
        calls.append(recorder.some(REVENUES, start - DAY * back))
    for back in range(1, 32):
        calls.append(recorder.some(HOURS, start - DAY * back))
    ends = [datetime.date(2023, month, day) for month, day in (
        (2, 28), (3, 1), (3, 31), (4, 30), (5, 31), (8, 31), (10, 31), (12, 31))]
    calls += [recorder.some(SERVICES, day) for day in ends]
    march, october = datetime.date(2023, 3, 26), datetime.date(2023, 10, 29)
    for day, wall in ((march, "00:59:59"), (march, "02:00:00"), (march, "23:30:00"), (october, "00:59:59"),
                      (october, "01:30:00"), (october, "01:59:59"), (october, "02:00:00")):
        hour, minute, second = map(int, wall.split(":"))
        calls.append(recorder.call(SERVICES, at(day, hour, minute, second), written="%s %s" % (day, wall)))
    # Between the two half past ones: the order of the plan, and so its digest, says which was meant.
    calls.append(recorder.call(SERVICES, datetime.datetime(2023, 10, 29, 1, 0, tzinfo=UTC)))
    return calls

"""Civil days, and when a recording is due: this test's own reckoning, from expunge(1) alone."""

import calendar
import datetime
import re
import zoneinfo

LONDON = zoneinfo.ZoneInfo("Europe/London")
UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)


def day_of(instant):
    """The civil date of an instant in London."""
    return instant.astimezone(LONDON).date()


def at(day, hour, minute=0, second=0):
    """The instant of a wall-clock time in London; the later one, where it occurs twice."""
    wall = datetime.datetime.combine(day, datetime.time(hour, minute, second), LONDON).replace(fold=1)
    return wall.astimezone(UTC)


def due_day(recorded, period):
    """The first day on which what was recorded on that day may be destroyed."""
    number, unit = re.fullmatch(r"(\d+) (day|week|month|year)s?", period).groups()
    number = int(number)
    if unit in ("day", "week"):
        return recorded + DAY * (number * (7 if unit == "week" else 1) + 1)
    months = recorded.year * 12 + recorded.month - 1 + number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    month += 1
    last = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, min(recorded.day, last)) + DAY


def rfc3339(instant):
    """As the index has it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

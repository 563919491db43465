"""The form of one line: expunge-log(5), "A line", "JSON as it is written" and "Types and members"."""

import datetime
import functools
import hashlib
import re
from typing import NamedTuple

import canonical_json
from canonical_json import Object, quoted
from faults import require
from keys import from_base64, from_vkey, is_origin, signed

LONGEST = 16_384
HEAD = ["v", "log", "seq", "time", "type"]
TAIL = ["key", "prev", "sig"]

# A member is "name" or "name:kind"; one in brackets may be left out.
DESTROY = "run recording department recorded:date due:date period files:files claim"
NOTES = "[authority] [note] [medium] [ground]"
MEMBERS = {
    "log.open": "vkey tool [checkpoint_vkey] [predecessor:predecessor]",
    "policy": "policy:digest timezone departments:departments schedule [aliases:aliases]",
    "import": "source rows:count added:count changed:count rejected:count [user]",
    "hold.place": "reference kind user",
    "hold.release": "reference kind user [effective:date] [unconfirmed:boolean]",
    "hold.confirm": "reference kind user effective:date",
    "hold.keep": "reference kind user",
    "acknowledge": "recordings:count cause until:date user [recording]",
    "acknowledge.withdraw": "recording cause user",
    "correct": "recording fact authority user [department] [recorded:date]",
    "order": "recording ground authority user",
    "order.withdraw": "recording ground authority user",
    "plan.approve": "plan:digest today:date due:count bytes:count user [two_person:boolean]",
    "run.start": "run host user today:date timezone policy:digest due:count held:count bytes:count plan:digest "
                 "[accepted:strings] [approval:digest] [accept] [tool] [restricted:boolean] "
                 "[two_person:boolean]",
    "run.braked": "run host user today:date brake found allowed",
    "destroy": DESTROY + " " + NOTES,
    "remove": DESTROY + " " + NOTES,
    "destroy.failed": "run recording reason",
    "destroy.partial": DESTROY + " overwritten:count kept:count " + NOTES,
    "run.end": "run outcome destroyed:count failed:count held:count attention:count bytes:count [cleaned:strings] "
               "[removed:count] [acknowledged:count] [without_file:count]",
    "key.rotate": "vkey pop reason",
    "log.recovered": "bytes:count sha256:digest reason",
}
OBJECTS = {
    "predecessor": "origin size:count root:digest reason authority",
    "department": "name period",
    "alias": "name department",
    "file": "role bytes:count [sha256:digest] method passes:count verified:boolean filesystem",
}
ARRAYS = {"departments": "department", "aliases": "alias", "files": "file", "strings": "string"}


def is_date(text):
    """Whether text is a day of the calendar, such as 2026-01-02."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        datetime.date.fromisoformat(text)
        return True
    except ValueError:
        return False


def is_time(text):
    """Whether text is a time such as 2026-01-02T02:00:01.250Z."""
    return (is_date(text[:10]) and
            re.fullmatch(r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z", text[10:]) is not None)


def _is_digest(text):
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


KINDS = {
    "string": lambda value: isinstance(value, str),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and is_date(value),
    "digest": lambda value: isinstance(value, str) and _is_digest(value),
}


@functools.lru_cache(maxsize=None)
def _shape(members):
    """The members that a text such as MEMBERS' lists, as (name, kind, whether it must be there)."""
    shape = []
    for member in members.split():
        name, _, kind = member.strip("[]").partition(":")
        shape.append((name, kind or "string", not member.startswith("[")))
    return shape


def _check_kind(value, kind, what):
    if kind in ARRAYS:
        require(isinstance(value, list) and not isinstance(value, Object), "%s is not an array" % what)
        for element in value:
            _check_kind(element, ARRAYS[kind], what)
    elif kind in OBJECTS:
        require(isinstance(value, Object), "%s is not an object" % what)
        _check_members(value, OBJECTS[kind], False)
    else:
        require(KINDS[kind](value), "%s is not a %s" % (what, kind))


def _check_members(members, listed, may_have_more):
    """Checks that members are the listed ones, in their order and of their kinds, and others only after them."""
    at = 0
    shape = _shape(listed)
    for name, kind, needed in shape:
        if at < len(members) and members[at][0] == name:
            _check_kind(members[at][1], kind, name)
            at += 1
        else:
            require(not needed, "member %s is missing or out of order" % name)
    more = [name for name, _ in members[at:]]
    require(may_have_more or not more, "an object with members that it has not")
    known = {name for name, _, _ in shape}
    require(not known.intersection(more), "a member is out of order")


class Entry(NamedTuple):
    """A line that is of the form, taken apart; message is M."""

    origin: str
    number: int
    type: str
    members: dict
    key: str
    prev: str
    signature: bytes
    message: bytes

    def digest(self):
        """The prev of the next entry."""
        return hashlib.sha256(self.message).hexdigest()


def policy_digest(members):
    """SHA-256 of the retention schedule that a policy entry holds."""
    def listed(objects):
        return ",".join("{" + ",".join(quoted(name) + ":" + quoted(value) for name, value in each) + "}"
                        for each in objects)

    text = '{"timezone":%s,"departments":[%s],"schedule":%s' % (
        quoted(members["timezone"]), listed(members["departments"]), quoted(members["schedule"]))
    if members.get("aliases"):
        text += ',"aliases":[%s]' % listed(members["aliases"])
    text += "}"
    return hashlib.sha256(text.encode()).hexdigest()


def _check_meaning(type_name, members, origin, number):
    """What is wrong with a line by itself, its members being of their kinds."""
    require((type_name == "log.open") == (number == 0), "log.open elsewhere than in entry 0, or another type there")
    if type_name in ("log.open", "key.rotate"):
        from_vkey(members["vkey"], origin)
    if type_name == "log.open" and "checkpoint_vkey" in members:
        from_vkey(members["checkpoint_vkey"], origin)
        require(members["checkpoint_vkey"].split("+")[1] != members["vkey"].split("+")[1],
                "a checkpoint key with the id of the first key")
    if type_name == "log.open" and "predecessor" in members:
        other = dict(members["predecessor"])["origin"]
        require(is_origin(other), "a predecessor whose origin is not of the form")
        require(other != origin, "a predecessor of the log's own name")
    if type_name == "policy":
        require(members["policy"] == policy_digest(members), "a policy that is not the digest of its members")


@functools.lru_cache(maxsize=100_000)
def parse(line):
    """The entry in a line without its LF; refuses one that is not of the form, whatever the lines before it say."""
    require(len(line) <= LONGEST, "longer than 16,384 bytes")
    members = canonical_json.parse(line)
    require(isinstance(members, Object), "not an object")
    names = [name for name, _ in members]
    require(names[:5] == HEAD and names[-3:] == TAIL and len(names) >= 8, "the outer members are not those of a line")
    v, origin, number, time, type_name = (value for _, value in members[:5])
    key, prev, signature = (value for _, value in members[-3:])
    require(KINDS["count"](v) and v == 1, "not version 1")
    require(isinstance(origin, str) and is_origin(origin), "log is not of the form")
    require(KINDS["count"](number), "seq is not a number")
    require(isinstance(time, str) and is_time(time), "time is not of the form, or no time")
    require(isinstance(type_name, str) and type_name in MEMBERS, "a type that is not in the list")
    require(isinstance(key, str) and re.fullmatch(r"[0-9a-f]{8}", key), "key is not of the form")
    require(isinstance(prev, str) and _is_digest(prev), "prev is not of the form")
    require(isinstance(signature, str), "sig is not a string")
    _check_members(members[5:-3], MEMBERS[type_name], True)
    inner = dict(members[5:-3])
    _check_meaning(type_name, inner, origin, number)
    return Entry(origin, number, type_name, inner, key, prev, from_base64(signature, 64), line[:-98] + b"}")


def new_key(entry):
    """The key that a key.rotate entry puts in force, 32 bytes; refuses a pop that does not verify."""
    key = from_vkey(entry.members["vkey"], entry.origin)
    require(entry.members["vkey"].split("+")[1] != entry.key, "a new key with the id of the key in force")
    text = "key-rotation/v1\n%s\n%d\n%s\n%s\n" % (entry.origin, entry.number, entry.key, entry.members["vkey"])
    require(signed(key, text.encode(), from_base64(entry.members["pop"], 64)), "a pop that does not verify")
    return key

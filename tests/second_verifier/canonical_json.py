"""JSON in the one form of expunge-log(5), "JSON as it is written"; anything else is refused.

Strings become str, integers int, true and false bool, arrays list, and objects Object, which keeps the order.
"""

import re

from faults import Refused, require

SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
ESCAPES = dict(SHORT, **{chr(c): "\\u%04x" % c for c in range(0x20) if chr(c) not in SHORT})
UNESCAPED = {escape: character for character, escape in ESCAPES.items()}

STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*)"')
ESCAPE = re.compile(r'\\u00..|\\.')
INTEGER = re.compile(r"0|[1-9][0-9]{0,19}(?![0-9])")
NUMBERS = 1 << 64  # no number reaches that
DEEPEST = 16


class Object(list):
    """The members of an object, (name, value), in the order in which they stand."""


def _string(text, at):
    found = STRING.match(text, at)
    require(found, "a string is not of the form at character %d" % at)
    try:
        return ESCAPE.sub(lambda escape: UNESCAPED[escape.group()], found.group(1)), found.end()
    except KeyError:
        raise Refused("an escape is not the canonical one at character %d" % at) from None


def _scalar(text, at):
    if text.startswith("true", at):
        return True, at + 4
    if text.startswith("false", at):
        return False, at + 5
    if text.startswith('"', at):
        return _string(text, at)
    found = INTEGER.match(text, at)
    require(found, "no value in canonical form at character %d" % at)
    number = int(found.group())
    require(number < NUMBERS, "a number too large at character %d" % at)
    return number, found.end()


def _member_name(text, at, into):
    name, at = _string(text, at)
    require(text.startswith(":", at), "no colon at character %d" % at)
    require(name not in into.seen, "member %r is doubled" % name)
    into.seen.add(name)
    return name, at + 1


class _Open:
    """An array or an object that is not closed yet."""

    def __init__(self, opening):
        self.value = Object() if opening == "{" else []
        self.end = "}" if opening == "{" else "]"
        self.seen = set()
        self.name = None

    def take(self, value):
        self.value.append((self.name, value) if self.end == "}" else value)


def parse(data):
    """The one value that data is; refuses what is not UTF-8, not canonical, or followed by anything."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    stack = []
    at = 0
    while True:
        opening = text[at:at + 1]
        if opening in ("{", "["):
            stack.append(_Open(opening))
            require(len(stack) <= DEEPEST + 1, "nested too deep at character %d" % at)
            at += 1
            top = stack[-1]
            if not text.startswith(top.end, at):
                if top.end == "}":
                    top.name, at = _member_name(text, at, top)
                continue
            value = stack.pop().value
            at += 1
        else:
            value, at = _scalar(text, at)
        while stack:
            top = stack[-1]
            top.take(value)
            if text.startswith(",", at):
                at += 1
                if top.end == "}":
                    top.name, at = _member_name(text, at, top)
                break
            require(text.startswith(top.end, at), "neither a comma nor an end at character %d" % at)
            value = stack.pop().value
            at += 1
        else:
            require(at == len(text), "something follows at character %d" % at)
            return value


def quoted(string):
    """The string as JSON in the canonical form."""
    return '"' + "".join(ESCAPES.get(character, character) for character in string) + '"'

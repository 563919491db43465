"""A checkpoint: expunge-log(5), "The checkpoint"."""

import re
from typing import NamedTuple

from canonical_json import NUMBERS
from faults import Refused, require
from keys import from_base64, is_origin, key_id, signed

DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")
MOST_SIGNATURES = 100


class Checkpoint(NamedTuple):
    """What a checkpoint says, and its signature lines as (name, key id in hexadecimal digits, signature)."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: list


def decimal(text):
    """A number as a checkpoint writes it; refuses any other form."""
    require(DECIMAL.fullmatch(text), "not a number in decimal: %r" % text[:100])
    require(int(text) < NUMBERS, "a number too large: %s" % text)
    return int(text)


def _signature(line):
    parts = line.split(" ")
    require(len(parts) == 3 and parts[0] == "\u2014", "a signature line that is not of the form")
    require(is_origin(parts[1]), "a signature line with a name that is none")
    data = from_base64(parts[2])
    require(len(data) > 4, "a signature line without a signature")
    return parts[1], data[:4].hex(), data[4:]


def parse(data):
    """The checkpoint in data, whose signatures are not checked yet; refuses what is not of the form."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused("a checkpoint that is not UTF-8") from None
    require(lines[-1] == "", "a checkpoint without an LF at its end")
    require(len(lines) >= 6 and lines[3] == "", "a checkpoint that is not five lines or more")
    require(len(lines) - 5 <= MOST_SIGNATURES, "a checkpoint with more signature lines than 100")
    require(is_origin(lines[0]), "a checkpoint whose origin is not of the form")
    text = "".join(line + "\n" for line in lines[:3]).encode()
    return Checkpoint(lines[0], decimal(lines[1]), from_base64(lines[2], 32), text,
                      [_signature(line) for line in lines[4:-1]])


def check_signatures(checkpoint, keys):
    """Returns if each key signed the checkpoint, and once; refuses otherwise."""
    for key in keys:
        mine = key_id(checkpoint.origin, key)
        found = [s for name, by, s in checkpoint.signatures if name == checkpoint.origin and by == mine]
        require(len(found) == 1, "a checkpoint with %d signatures by %s" % (len(found), mine))
        require(signed(key, checkpoint.text, found[0]), "a checkpoint whose signature by %s does not verify" % mine)

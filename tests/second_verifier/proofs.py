"""Certificates and consistency proofs: expunge-log(5), "Certificates" and "Consistency"."""

import checkpoints
import entries
import tree
from faults import Refused, require
from keys import from_base64, key_id, signed


def _take_apart(data, heads):
    """The lines before the empty one, of which the first must begin as heads say, and the checkpoint's bytes after."""
    before, empty, checkpoint = data.partition(b"\n\n")
    require(empty, "a proof without an empty line")
    try:
        lines = before.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Refused("a proof that is not ASCII") from None
    require(len(lines) >= len(heads), "a proof without its first lines")
    for line, head in zip(lines, heads):
        require(line.startswith(head), "no line %r" % head)
    values = [line[len(head):] for line, head in zip(lines, heads)]
    return values, [from_base64(line, 32) for line in lines[len(heads):]], checkpoint


def verify_certificate(data, keys):
    """Verifies a certificate by the keys given, of which the first must have signed its checkpoint.

    Returns the checkpoint's size and root; raises Refused.
    """
    values, path, note = _take_apart(data, ["c2sp.org/tlog-proof@v1", "extra ", "index "])
    require(values[0] == "", "no line c2sp.org/tlog-proof@v1")
    require(len(path) <= 64, "more than 64 hashes")
    line, index = from_base64(values[1]), checkpoints.decimal(values[2])
    checkpoint = checkpoints.parse(note)
    require(index < checkpoint.size, "an index that the checkpoint does not count")
    entry = entries.parse(line)
    require(entry.number == index, "another number than that in the line")
    require(entry.origin == checkpoint.origin, "another origin than the checkpoint's")
    if entry.type == "key.rotate":
        entries.new_key(entry)
    tree.check_path(index, checkpoint.size, line, path, checkpoint.root)
    checkpoints.check_signatures(checkpoint, keys[:1])
    for key in keys:
        if key_id(entry.origin, key) == entry.key:
            require(signed(key, entry.message, entry.signature), "the signature in the line does not verify")
    return checkpoint.size, checkpoint.root


def verify_consistency(data, keys, older_note):
    """Verifies that a proof's checkpoint continues an older one, which the first of the keys signed, and it the last.

    Returns the newer checkpoint's size and root; raises Refused.
    """
    values, hashes, note = _take_apart(data, ["old "])
    require(len(hashes) <= 63, "more than 63 hashes")
    older, newer = checkpoints.parse(older_note), checkpoints.parse(note)
    require(older.origin == newer.origin, "checkpoints of two origins")
    require(checkpoints.decimal(values[0]) == older.size, "another size than that of the older checkpoint")
    checkpoints.check_signatures(older, keys[:1])
    checkpoints.check_signatures(newer, keys[-1:])
    tree.check_consistency(older.size, older.root, newer.size, newer.root, hashes)
    return newer.size, newer.root

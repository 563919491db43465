"""A whole log and its checkpoints: expunge-log(5), "What a verifier must refuse" and "A torn tail"."""

import checkpoints
import entries
import tree
from faults import Refused, require
from keys import from_vkey, key_id, signed


class _Log:
    """What the lines read so far say."""

    def __init__(self, known_key):
        self.known_key = known_key
        self.force = None
        self.checkpoint_key = None
        self.origin = None
        self.predecessor = None
        self.prev = "0" * 64
        self.leaves = []
        self.signers = []  # of a checkpoint of each size

    def take(self, line):
        """Appends a line, without its LF; refuses one that does not continue the log."""
        entry = entries.parse(line)
        require(entry.number == len(self.leaves), "seq is not the number of the line")
        if entry.number == 0:
            self._open(entry)
        require(entry.origin == self.origin, "another origin than that of entry 0")
        require(entry.prev == self.prev, "prev is not the digest of the line before")
        require(entry.key == key_id(self.origin, self.force), "key is not the key in force")
        require(signed(self.force, entry.message, entry.signature), "the signature does not verify")
        signers = [self.force]
        if entry.type == "key.rotate":
            signers = [self.force, self._rotate(entry)]
        self.prev = entry.digest()
        self.leaves.append(tree.leaf(line))
        self.signers.append([self.checkpoint_key] if self.checkpoint_key else signers)

    def _open(self, entry):
        self.origin = entry.origin
        self.force = from_vkey(entry.members["vkey"], entry.origin)
        if "checkpoint_vkey" in entry.members:
            self.checkpoint_key = from_vkey(entry.members["checkpoint_vkey"], entry.origin)
        require(self.known_key in (self.force, self.checkpoint_key), "the log was opened with another key")
        self.signers.append([self.checkpoint_key or self.force])
        self.predecessor = dict(entry.members["predecessor"]) if "predecessor" in entry.members else None

    def _rotate(self, entry):
        self.force = entries.new_key(entry)
        if self.checkpoint_key:
            require(key_id(self.origin, self.force) != key_id(self.origin, self.checkpoint_key),
                    "a new key with the id of the checkpoint key")
        return self.force

    def is_predecessors(self, checkpoint):
        """Whether it is a checkpoint of the log in whose place this one was opened."""
        return self.predecessor is not None and checkpoint.origin == self.predecessor["origin"]


def _check_checkpoint(log, checkpoint):
    if log.is_predecessors(checkpoint):
        require((checkpoint.size, checkpoint.root.hex()) == (log.predecessor["size"], log.predecessor["root"]),
                "another checkpoint of the predecessor than that which the log was opened with")
        return
    require(checkpoint.size <= len(log.leaves), "a checkpoint counts more entries than there are complete lines")
    require(checkpoint.origin == log.origin, "a checkpoint of another origin")
    require(checkpoint.root == tree.root(tuple(log.leaves[:checkpoint.size])), "a checkpoint with another root")
    checkpoints.check_signatures(checkpoint, log.signers[checkpoint.size])


def verify(data, known_key, kept):
    """Verifies a log's bytes by the public key known of it, its first or that of its checkpoints, and by checkpoints.

    Returns whether it has a torn tail, the number of its entries, and the root over them; raises Refused.
    """
    given = [checkpoints.parse(checkpoint) for checkpoint in kept]
    *lines, tail = data.split(b"\n")
    torn = tail != b""
    log = _Log(known_key)
    counted = 1
    for number, line in enumerate(lines):
        if number >= counted and b"\x00" in line:
            torn = True
            break
        try:
            log.take(line)
        except Refused as fault:
            raise Refused(fault.reason, number + 1) from None
        if number == 0:
            counted = max([1] + [checkpoint.size for checkpoint in given if not log.is_predecessors(checkpoint)])
    if not log.leaves:
        raise Refused("there is no entry 0", 1)
    for checkpoint in given:
        _check_checkpoint(log, checkpoint)
    require(known_key != log.checkpoint_key or any(c.origin == log.origin and c.size > 0 for c in given),
            "the key known signs checkpoints alone, and there is none that counts entries")
    return torn, len(log.leaves), tree.root(tuple(log.leaves))

"""The Merkle tree and its proofs: expunge-log(5), "The tree", "Certificates" and "Consistency"."""

import functools
import hashlib

from faults import require


def leaf(line):
    """The hash of a line, without its LF."""
    return hashlib.sha256(b"\x00" + line).digest()


def node(left, right):
    """The hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@functools.lru_cache(maxsize=1 << 16)
def root(leaves):
    """The root over a tuple of leaves."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(root(leaves[:left]), root(leaves[left:]))


def check_path(index, size, line, path, expected):
    """Returns if path leads from the line at index to the expected root over size lines; refuses otherwise."""
    i, last, h = index, size - 1, leaf(line)
    for hashed in path:
        require(last != 0, "a hash too many")
        if i % 2 == 1 or i == last:
            h = node(hashed, h)
            while i % 2 == 0 and i != 0:
                i, last = i // 2, last // 2
        else:
            h = node(h, hashed)
        i, last = i // 2, last // 2
    require(last == 0, "a hash too few")
    require(h == expected, "the hashes do not lead to the root")


def check_consistency(old_size, old_root, new_size, new_root, hashes):
    """Returns if the newer tree continues the older one; refuses otherwise."""
    require(old_size <= new_size, "the older checkpoint counts more entries than the newer one")
    if old_size == new_size:
        require(old_root == new_root, "two roots over the same number of entries")
    if old_size == 0:
        require(old_root == root(()), "a root over no leaves that is another")
    if old_size == 0 or old_size == new_size:
        require(not hashes, "hashes where there must be none")
        return
    if old_size & (old_size - 1) == 0:
        hashes = [old_root] + hashes
    require(hashes, "no hashes")
    i, last = old_size - 1, new_size - 1
    while i % 2 == 1:
        i, last = i // 2, last // 2
    a = b = hashes[0]
    for hashed in hashes[1:]:
        require(last != 0, "a hash too many")
        if i % 2 == 1 or i == last:
            a, b = node(hashed, a), node(hashed, b)
            while i % 2 == 0 and i != 0:
                i, last = i // 2, last // 2
        else:
            b = node(b, hashed)
        i, last = i // 2, last // 2
    require(last == 0, "a hash too few")
    require(a == old_root, "the hashes do not lead to the older root")
    require(b == new_root, "the hashes do not lead to the newer root")

"""Base64, Ed25519 keys, their ids and verifier keys: expunge-log(5), "Key id and verifier key"."""

import base64
import binascii
import functools
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from faults import Refused, require

ORIGIN = re.compile(r'[!#-*,-\[\]-~]{1,255}')


def is_origin(text):
    """Whether text is a name that a log may have."""
    return ORIGIN.fullmatch(text) is not None


def from_base64(text, size=None):
    """The bytes of canonical base64, and size of them if one is given; refuses anything else."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Refused("not base64: %r" % text[:100]) from None
    require(base64.b64encode(data).decode() == text, "base64 that is not canonical: %r" % text[:100])
    require(size is None or len(data) == size, "not base64 of %s bytes: %r" % (size, text[:100]))
    return data


def key_id(origin, key):
    """The 8 digits by which a line names its key."""
    return hashlib.sha256(origin.encode() + b"\n\x01" + key).hexdigest()[:8]


def from_vkey(vkey, origin):
    """The public key, 32 bytes, of a verifier key, which must be of this origin and have its key's id."""
    parts = vkey.split("+", 2)
    require(len(parts) == 3, "a verifier key without its three parts")
    require(parts[0] == origin, "a verifier key of another origin")
    data = from_base64(parts[2], 33)
    require(data[0] == 1, "a verifier key of another algorithm")
    require(parts[1] == key_id(origin, data[1:]), "a verifier key with an id that is not its key's")
    return data[1:]


def from_pem(data):
    """The public key, 32 bytes, in a file such as keys/keyid.pub.pem."""
    key = load_pem_public_key(data)
    require(isinstance(key, Ed25519PublicKey), "the public key is not one of Ed25519")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


@functools.lru_cache(maxsize=100_000)
def signed(key, message, signature):
    """Whether signature is the key's over message."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False

#!/usr/bin/env python3
"""A second verifier of the logs that expunge keeps, written from the manual page expunge-log(5) alone.

It shares no code with the program, and was first written by somebody who had not read the program's: where the two
agree, the page says enough for a stranger to check a log.  It needs Python 3 and python3-cryptography, for Ed25519.

    verify.py log LOGFILE --public-key PEM [--checkpoint FILE]...
    verify.py certificate FILE --public-key PEM [--public-key PEM]...
    verify.py consistency FILE --older CHECKPOINT --public-key PEM [--public-key PEM-OF-THE-NEWER]
    verify.py batch < CASES

It prints "ok SIZE ROOT", "torn SIZE ROOT" or "refused LINE REASON"; LINE counts from 1, and is - where no line is at
fault.  The key is the log's first one, or that of its checkpoints; for proofs, the one that signed the checkpoint.

Each line of CASES is an object of check (log, certificate or consistency), file, keys, and checkpoints or older; an
answer is printed for each.  Where a file is named, {"path":PATH,"at":N,"drop":N,"put":BASE64} stands for the file
with bytes dropped and others put in their place.
"""

import argparse
import base64
import functools
import json
import sys

from faults import Refused
from keys import from_pem
from logs import verify as verify_log
from proofs import verify_certificate, verify_consistency


@functools.lru_cache(maxsize=1000)
def _read(path):
    with open(path, "rb") as file:
        return file.read()


@functools.lru_cache(maxsize=1000)
def _key(path):
    return from_pem(_read(path))


def _content(named):
    if isinstance(named, str):
        return _read(named)
    data = _read(named["path"])
    at = named["at"]
    return data[:at] + base64.b64decode(named["put"]) + data[at + named["drop"]:]


def judge(case):
    """The answer to one case, on one line."""
    try:
        torn = False
        data, keys = _content(case["file"]), [_key(key) for key in case["keys"]]
        if case["check"] == "log":
            torn, size, root = verify_log(data, keys[0], [_content(kept) for kept in case.get("checkpoints", [])])
        elif case["check"] == "certificate":
            size, root = verify_certificate(data, keys)
        else:
            size, root = verify_consistency(data, keys, _content(case["older"]))
        return "%s %d %s" % ("torn" if torn else "ok", size, root.hex())
    except Refused as fault:
        return "refused %s %s" % ("-" if fault.line is None else fault.line, fault.reason)


def _arguments():
    parser = argparse.ArgumentParser(description="Verify what expunge-log(5) describes.")
    checks = parser.add_subparsers(dest="check", required=True)
    for check in ("log", "certificate", "consistency"):
        command = checks.add_parser(check)
        command.add_argument("file")
        command.add_argument("--public-key", dest="keys", action="append", required=True, metavar="PEM")
        if check == "log":
            command.add_argument("--checkpoint", dest="checkpoints", action="append", default=[], metavar="FILE")
        if check == "consistency":
            command.add_argument("--older", required=True, metavar="CHECKPOINT")
    checks.add_parser("batch")
    return parser.parse_args()


def main():
    """Answers one question, or many; returns the exit status."""
    arguments = _arguments()
    if arguments.check == "batch":
        for line in sys.stdin:
            print(judge(json.loads(line)))
        return 0
    answer = judge(vars(arguments))
    print(answer)
    return 1 if answer.startswith("refused") else 0


if __name__ == "__main__":
    sys.exit(main())

"""What is left after the year, read from nothing but log, disk and index: one fate for each recording."""

import collections
import datetime
import hashlib
import json
import os
import re
import sqlite3
import subprocess

from year.books import same
from year.calls import AGENTS
from year.days import DAY, day_of
from year.nights import NIGHTS, START
from year.office import Wrong

NUMBER = re.compile(rb"(?<![0-9a-zA-Z+/=])(?:\+44|0)7700[ -]?9\d{5}(?!\d)")


def prove(year, source):
    """Fails with what is wrong."""
    year.today = START + DAY * (NIGHTS + 1)
    year.minutes = 0
    size = _prove_log(year, source)
    with open(year.books.path, "rb") as file:
        lines = file.read().splitlines()
    same("entries", len(lines), size)
    entries = [json.loads(line) for line in lines]
    _prove_fates(year, entries)
    _prove_disk(year)
    _prove_index(year)
    _prove_silence(year, entries)


def _prove_log(year, source):
    """Both verifiers believe the log, and come to the same tree."""
    office = year.office
    verdict = json.loads(office.call(year.now(), "log", "verify", "--json").out)
    if subprocess.run([_python(), "-c", "import cryptography"], check=False, capture_output=True).returncode != 0:
        print("no python3-cryptography: the second verifier is left out")
        return verdict["entries"]
    key = _first_key(office.directory)
    done = subprocess.run(
        [_python(), "-B", os.path.join(source, "tests", "second_verifier", "verify.py"), "log", year.books.path,
         "--public-key", key, "--checkpoint", os.path.join(office.directory, "log", "checkpoint")],
        check=False, capture_output=True, text=True)
    answer = done.stdout.split()
    if done.returncode != 0 or answer[:1] != ["ok"]:
        raise Wrong("the second verifier says: %s%s" % (done.stdout, done.stderr))
    same("the two verifiers", (int(answer[1]), answer[2]), (verdict["entries"], verdict["root"]))
    return int(answer[1])


def _python():
    # Debian's own, which python3-cryptography is for, before any other on PATH.
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"


def _first_key(directory):
    with open(os.path.join(directory, "log", "log.jsonl"), encoding="utf-8") as file:
        first = json.loads(file.readline())
    return os.path.join(directory, "log", "keys", first["key"] + ".pub.pem")


def _prove_fates(year, entries):
    """Each destruction in the log is of the right night, there is none too many, and none is missing."""
    today_of = {entry["run"]: entry["today"] for entry in entries if entry["type"] == "run.start"}
    fates, failed = collections.defaultdict(list), collections.Counter()
    for entry in entries:
        if entry["type"] == "destroy":
            start = today_of[entry["run"]]
            fates[entry["recording"]].append((start, entry["run"], entry["seq"]))
            # It was written on the run's day, by London's clocks, and the recording was due.
            written = datetime.datetime.fromisoformat(entry["time"][:19] + "+00:00")
            if str(day_of(written)) != start or entry["due"] > start:
                raise Wrong("%s: due %s, run of %s, written %s" % (
                    entry["recording"], entry["due"], start, entry["time"]))
        elif entry["type"] == "destroy.failed":
            failed[entry["recording"]] += 1
        elif entry["type"] in ("remove", "destroy.partial"):
            raise Wrong("an entry of type %s for %s" % (entry["type"], entry["recording"]))
    for call in year.model.calls:
        same("fates of %s" % call.id, fates.pop(call.id, []),
             [(str(day), run, seq) for day, run, seq in call.fates])
        if len(call.fates) > (2 if call in year.returned else 1):
            raise Wrong("%s was destroyed %d times" % (call.id, len(call.fates)))
    same("recordings that nobody knows", dict(fates), {})
    last = year.model.plan(START + DAY * NIGHTS)
    same("due and still there after the last night", [call.id for call in last.due], [])


def _prove_disk(year):
    """What is kept is there, byte for byte; all else is gone."""
    year.look_at_disk()
    for call in year.model.calls:
        for file in call.files if not call.gone else ():
            with open(os.path.join(year.office.root, file.path), "rb") as kept:
                data = kept.read()
            if hashlib.sha256(data).hexdigest() != file.sha256:
                raise Wrong("%s is kept, and %s is not what it was" % (call.id, file.path))


def _prove_index(year):
    """The index agrees, and has nothing personal of what is destroyed."""
    path = os.path.join(year.office.directory, "index.db")
    index = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        same("integrity", index.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        rows = {row[0]: row[1:] for row in index.execute(
            "SELECT id, state, recorded_at, log_seq, subject, agent, call_id FROM recording")}
        files = collections.defaultdict(set)
        for name, file in index.execute("SELECT r.id, f.path FROM file f JOIN recording r ON r.key = f.recording_key"):
            files[name].add(file)
        left = index.execute("SELECT count(*) FROM journal_file").fetchone()[0]
    finally:
        index.close()
    same("the index's journal", left, 0)
    same("recordings in the index", sorted(rows), sorted(call.id for call in year.model.calls))
    for call in year.model.calls:
        state, recorded, seq, subject, agent, call_id = rows[call.id]
        if call.gone:
            same("index of %s" % call.id, (state, recorded, seq, subject, agent, call_id, files[call.id]),
                 ("destroyed", str(day_of(call.recorded)), call.fates[-1][2], "", "", "", set()))
        else:
            same("index of %s" % call.id, (state, subject, agent, call_id, files[call.id]),
                 ("returned" if call.returned else "kept", call.subject, call.agent, call.call_id,
                  {file.path for file in call.files}))


def _prove_silence(year, entries):
    """The log has no number, name or path; the index's bytes none of what is destroyed."""
    directory = os.path.join(year.office.directory, "log")
    for place, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                data = file.read()
            # Signatures and hashes are random; numbers are looked for where no such character stands before them.
            found = NUMBER.search(data)
            words = [word for word in (*AGENTS, ".wav", ".txt", "Nobody", "a letter", "asked the recorder")
                     if word.encode() in data]
            if found or words:
                raise Wrong("%s holds %s" % (name, found.group() if found else words))
    for name in ("index.db", "index.db-journal"):
        with open(os.path.join(year.office.directory, name), "rb") as file:
            data = file.read()
        kept = {call.subject for call in year.model.calls if not call.gone}
        kept |= {hold.subject for hold in year.model.holds}
        numbers = {number.decode() for number in re.findall(rb"07700\d{6}", data)}
        gone = {call.subject for call in year.model.calls} - kept
        same("%s: numbers of what is destroyed" % name, sorted(numbers & gone), [])
    named = {entry["recording"] for entry in entries if "recording" in entry}
    same("recordings that the log names", named - {call.id for call in year.model.calls}, set())

"""The log, as this test reads it, and what one run's entries must be."""

import collections
import json
import os

from year.days import day_of, due_day
from year.office import Wrong


class Books:
    """log.jsonl, read on from where it was left."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "log", "log.jsonl")
        self.read = 0
        self.types = collections.Counter()
        self.may_recover = False  # since a run was interrupted, and nothing was written since

    def news(self):
        """The entries since the last call."""
        with open(self.path, "rb") as file:
            file.seek(self.read)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.read += len(whole)
        entries = [json.loads(line) for line in whole.splitlines()]
        self.types.update(entry["type"] for entry in entries)
        if entries and self.may_recover and entries[0]["type"] == "log.recovered":
            entries = entries[1:]
        self.may_recover = self.may_recover and not entries
        return entries

    def expect(self, *types):
        """The entries since the last call, which must be of these types."""
        entries = self.news()
        found = [entry["type"] for entry in entries]
        if found != list(types):
            raise Wrong("the log got %s, not %s" % (found, list(types)))
        return entries


def same(what, found, wanted):
    """Fails unless both are the same."""
    if found != wanted:
        raise Wrong("%s: %r, and it must be %r" % (what, found, wanted))


def judge_destroyed(entry, call, model, today):
    """One destroy entry, member by member."""
    where = "destroy of %s" % call.id
    due = model.due_day(call)
    same(where + ": due", entry["due"], str(due))
    if due > today:
        raise Wrong("%s on %s: it is due on %s" % (where, today, due))
    same(where + ": claim", entry["claim"], "overwritten")
    same(where + ": note", entry.get("note", ""), "")
    if call.recorded is not None:
        same(where + ": recorded", entry["recorded"], str(day_of(call.recorded)))
    same(where + ": department", entry["department"], call.department)
    same(where + ": period", entry["period"], model.periods[call.department])
    if call.order:
        same(where + ": ground", (entry["ground"], entry["authority"]), call.order[1:])
    else:
        same(where + ": ground", "ground" in entry or "authority" in entry, False)
        same(where + ": due day", due, due_day(day_of(call.recorded), model.periods[call.department]))
    told = sorted((file["role"], file["bytes"], file.get("sha256"), file["method"], file["verified"])
                  for file in entry["files"])
    kept = sorted((file.role, file.bytes, file.sha256 if file.bytes >= 4096 else None, "overwrite", True)
                  for file in call.files)
    same(where + ": files", told, kept)


def judge_start(entry, night, model):
    """A run.start entry against the model's plan."""
    same("run.start: today", entry["today"], str(night.today))
    same("run.start: due", entry["due"], len(night.allowed))
    same("run.start: held", entry["held"], night.held)
    same("run.start: bytes", entry["bytes"], sum(file.bytes for call in night.allowed for file in call.files))
    same("run.start: plan", entry["plan"], model.digest(night.allowed))
    same("run.start: accepted", tuple(entry.get("accepted", ())), night.accepted)
    same("run.start: approval", entry.get("approval", ""), night.approval)


def judge_run(entries, night, model):
    """All that one run wrote that was neither stopped nor killed; notes the fates."""
    if night.brakes:
        same("brakes", [(entry["type"], entry.get("brake"), entry.get("today")) for entry in entries],
             [("run.braked", brake, str(night.today)) for brake in night.brakes])
        return
    if night.logs_policy:
        same("first entry", entries[0]["type"], "policy")
        entries = entries[1:]
        model.logged_periods = dict(model.periods)
    start, end, between = entries[0], entries[-1], entries[1:-1]
    same("ends", (start["type"], end["type"]), ("run.start", "run.end"))
    same("run ids", {entry["run"] for entry in entries}, {start["run"]})
    judge_start(start, night, model)
    destroyed = [entry for entry in between if entry["type"] == "destroy"]
    failed = [entry for entry in between if entry["type"] == "destroy.failed"]
    same("other entries", len(between), len(destroyed) + len(failed))
    same("failed", {entry["recording"]: entry["reason"] for entry in failed}, night.failing)
    wanted = {call.id: call for call in night.allowed
              if call.id not in night.failing and call not in model.ghosts}
    same("destroyed", sorted(entry["recording"] for entry in destroyed), sorted(wanted))
    for entry in destroyed:
        judge_destroyed(entry, wanted[entry["recording"]], model, night.today)
    for entry in destroyed:
        settle(wanted[entry["recording"]], night.today, start["run"], entry)
    account = {key: end[key] for key in ("outcome", "destroyed", "failed", "held", "attention", "bytes")}
    same("run.end", account, {
        "outcome": "complete", "destroyed": len(destroyed), "failed": len(failed), "held": night.held,
        "attention": night.attention,
        "bytes": sum(file.bytes for call in wanted.values() for file in call.files)})


def settle(call, today, run, entry):
    """Notes that the recording was destroyed on that day."""
    call.fates.append((today, run, entry["seq"]))
    call.returned = False
    call.order = None
    call.acknowledged = None


def judge_torso(entries, night, model):
    """What a run wrote that was killed or had no room: nothing but what it may do; notes the fates, and
    returns the recordings whose entries it wrote."""
    done = []
    for entry in entries:
        if entry["type"] == "run.start":
            judge_start(entry, night, model)
        elif entry["type"] == "destroy":
            call = model.find(entry["recording"])
            if call not in night.allowed or call in done:
                raise Wrong("%s was destroyed on %s, and must not be" % (call.id, night.today))
            judge_destroyed(entry, call, model, night.today)
            done.append(call)
        elif entry["type"] != "run.end":
            raise Wrong("a run that was interrupted wrote %s" % entry["type"])
    for entry in entries:
        if entry["type"] == "destroy":
            settle(model.find(entry["recording"]), night.today, entry["run"], entry)
    return done

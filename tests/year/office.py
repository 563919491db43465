"""The program under a false clock, as the council's machine runs it."""

import glob
import math
import os
import subprocess
import time


class Wrong(Exception):
    """What the test found."""


def faketime_library():
    """Where libfaketime lies, or None."""
    for place in ("/usr/lib/*/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime", "/usr/lib/faketime"):
        for found in glob.glob(place + "/libfaketimeMT.so.1"):
            return found
    return None


def sweep():
    """Removes what libfaketime left in shared memory for processes that are no more: a later one of the same
    number would stumble over it."""
    for path in glob.glob("/dev/shm/faketime_shm_*") + glob.glob("/dev/shm/sem.faketime_sem_*"):
        number = path.rpartition("_")[2]
        if number.isdigit() and not os.path.exists("/proc/" + number):
            try:
                os.unlink(path)
            except OSError:
                pass  # another's, or gone


class Office:
    """Calls expunge at instants of its own, and judges the exit status."""

    def __init__(self, program, library, directory, root, chance):
        self.program = program
        self.library = library
        self.directory = directory
        self.root = root
        self.chance = chance
        self.calls = 0

    @property
    def config(self):
        """The configuration file."""
        return os.path.join(self.directory, "expunge.conf")

    def _environment(self, now):
        # The kernel's own times of files stay true, as does the clock that no one sets: only the date is false.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("EXPUNGE_")}
        environment.update(
            LD_PRELOAD=self.library, FAKETIME="%+d" % math.ceil(now.timestamp() - time.time()),
            FAKETIME_DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1", FAKETIME_DISABLE_SHM="1", LC_ALL="C")
        # Days are the policy's, whatever the zone of whoever calls.
        zone = self.chance.choice((None, "Europe/London", "UTC", "America/New_York", "Pacific/Auckland"))
        environment.pop("TZ", None)
        if zone:
            environment["TZ"] = zone
        return environment

    def _words(self, arguments):
        return [self.program, *arguments, "--config", self.config]

    def start(self, now, *arguments, before=()):
        """Begins a command; `before` is what runs it, such as strace, which the false clock leaves alone."""
        environment = self._environment(now)
        words = self._words(arguments)
        if before:
            false = ["LD_PRELOAD"]
            words = [*before, *[word for key in false for word in ("-E", key + "=" + environment.pop(key))], *words]
        self.calls += 1
        return subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def call(self, now, *arguments, expect=0, before=()):
        """One command; fails unless it ends as expected (a status, or a set of them)."""
        process = self.start(now, *arguments, before=before)
        try:
            out, err = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Wrong("%s: expunge %s does not end" % (now, " ".join(arguments))) from None
        process.out, process.err = out, err
        sweep()
        allowed = {expect} if isinstance(expect, int) else set(expect)
        if process.returncode not in allowed:
            raise Wrong("%s: expunge %s: status %s, not %s\n%s%s" % (
                now, " ".join(arguments), process.returncode, sorted(allowed), out, err))
        return process

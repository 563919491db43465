#!/usr/bin/env python3
"""A year of nights: 400 simulated days with the real program under a false clock, and then, for every recording,
the proof from log, disk and index that it was destroyed in the right night, or not at all.

    year_of_nights.py EXPUNGE SOURCE-DIRECTORY

What must become of a recording is reckoned by tests/year/model.py, which asks nothing of expunge.  EXPUNGE_SEED takes
a year again.  With root and loop devices recordings and books lie on file systems of their own, in memory, and that
of the books is full one night; otherwise TMPDIR must lie on a file system that overwrites in place, and that night is
left out.  EXPUNGE_YEAR_KEEP=1 leaves all of it to be looked at.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from year.happenings import Happenings
from year.nights import NIGHTS, Year
from year.office import Office, Wrong, faketime_library
from year.proof import prove

IMAGE_BYTES = 96 << 20


def skip(reason):
    """Says that there is no such test here."""
    print("skipped: " + reason)
    sys.exit(0)


def mount_images(places):
    """A file system of its own for each place, in memory, where flushing costs least; whether there are."""
    if os.geteuid() != 0 or not os.access("/dev/shm", os.W_OK):
        return False
    for place in places:
        image = tempfile.NamedTemporaryFile(prefix="expunge-year-", dir="/dev/shm")  # mounted, it needs no name
        with image:
            image.truncate(IMAGE_BYTES)
            for words in (["mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", image.name],
                          ["mount", "-o", "loop", image.name, place]):
                if subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode != 0:
                    unmount(places)
                    return False
    return True


def unmount(places):
    """Those of them that are mounted."""
    for place in filter(os.path.ismount, places):
        subprocess.run(["umount", "-l", place], check=False)


def main():
    """Returns the exit status."""
    program, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    library = faketime_library()
    if library is None:
        skip("no libfaketime")
    if subprocess.run(["strace", "-o", os.devnull, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        skip("strace cannot trace here")
    scratch = tempfile.mkdtemp(prefix="expunge-year-")
    books, disk = places = os.path.join(scratch, "books"), os.path.join(scratch, "disk")
    for place in places:
        os.mkdir(place)
    mounted = mount_images(places)
    os.mkdir(os.path.join(disk, "recordings"))
    try:
        if not mounted:
            print("no loop device, or not root: the night of the full disk is left out")
            system = subprocess.run(["stat", "-f", "-c", "%T", scratch], check=True, capture_output=True, text=True)
            if system.stdout.strip() not in ("ext2/ext3", "xfs"):
                skip("the temporary directory's file system does not overwrite in place")
        return live(program, source, library, books if mounted else None, scratch)
    finally:
        if os.environ.get("EXPUNGE_YEAR_KEEP"):
            print("kept: " + scratch)
        else:
            unmount(places)
            shutil.rmtree(scratch, ignore_errors=True)


def live(program, source, library, image, scratch):
    """The year, and the proof; returns the exit status."""
    seed = int(os.environ.get("EXPUNGE_SEED") or int.from_bytes(os.urandom(4), "big"))
    print("EXPUNGE_SEED=%d" % seed, flush=True)
    began, chance = time.monotonic(), random.Random(seed)
    office = Office(program, library, os.path.join(scratch, "books", "state"),
                    os.path.join(scratch, "disk", "recordings"), chance)
    try:
        year = Year(office, chance)
        Happenings(year, image).live()
        lived = time.monotonic() - began
        print("lived through %d nights in %.0f s: %d commands, exits %s" % (
            NIGHTS, lived, office.calls, dict(sorted(year.exits.items()))), flush=True)
        prove(year, source)
    except Wrong as wrong:
        print("EXPUNGE_SEED=%d: %s" % (seed, wrong))
        return 1
    print("proved in %.0f s" % (time.monotonic() - began - lived))
    return 0


if __name__ == "__main__":
    sys.exit(main())

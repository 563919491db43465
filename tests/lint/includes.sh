#!/bin/sh
# Includes run downward only, and each heavy dependency has one owner.
# usage: includes.sh SOURCE-DIRECTORY
set -eu
cd "$1/src"
# shellcheck disable=SC2016  # awk's own variables
find . -name '*.cc' -o -name '*.h' | sed 's|^\./||' | sort | tr '\n' '\0' | xargs -0 awk '
  function complain(text) {
    print "src/" FILENAME ":" FNR ": " text
    bad = 1
  }
  # `where` is a pattern for the files that may include what matches `what`.
  function owned(what, where) {
    if (name ~ what && FILENAME !~ where) complain("<" name "> belongs to " where)
  }
  BEGIN {
    floor["base"] = 0
    floor["policy"] = floor["archive"] = floor["shred"] = floor["audit"] = floor["guard"] = 1
    floor["plan"] = floor["intake"] = floor["residue"] = 2
    floor["run"] = floor["certify"] = floor["survey"] = 3
    floor["report"] = 4
    floor["cli"] = 5
  }
  !/^[ \t]*#[ \t]*include/ { next }
  {
    name = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
    quoted = name ~ /^"/
    if (!quoted && name !~ /^</) complain("an include that is not written out")
    name = substr(name, 2)
    sub(/[">].*/, "", name)

    here = FILENAME
    if (here !~ /\//) here = "main"
    sub(/\/.*/, "", here)
    if (here != "main" && !(here in floor)) complain("the folder " here " has no floor")
    there = name
    sub(/\/.*/, "", there)

    if (there in floor && !quoted) complain("<" name "> is ours: quote it")
    if (quoted && !(there in floor && name ~ /^[a-z]+\/[a-z0-9_]+\.h$/)) {
      complain("\"" name "\" is not folder/file.h of src")
    } else if (quoted && here == "main") {
      if (there != "cli") complain("main includes cli alone, not \"" name "\"")
    } else if (quoted && there != here && floor[there] >= floor[here]) {
      complain("\"" name "\": " here " (floor " floor[here] ") may not include " there \
               " (floor " floor[there] ")")
    }

    owned("^openssl/", "^(base/sha256|audit/.*|shred/.*)[.]cc$")
    owned("^(sqlite3[a-z]*[.]h|SQLiteCpp/.*)$", "^archive/")
    owned("^xfs/", "^residue/xfs_.*[.]cc$")
    owned("^seccomp[.]h$", "^guard/confinement[.]cc$")
    owned("^csv[.]h$", "^intake/")
    owned("^pcre2[.]h$", "^intake/scan_pattern[.]cc$")
    owned("^sndfile[.]h$", "^intake/audio_length[.]cc$")
    owned("^(ext2fs/.*|et/com_err[.]h)$", "^residue/.*[.]cc$")
    owned("^boost/program_options", "^cli/")
    owned("^boost/filesystem", "[.]cc$")
    owned("^nlohmann/", "[.]cc$")
  }
  END { exit bad }
'

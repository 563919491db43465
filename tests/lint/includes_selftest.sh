#!/bin/sh
# Does the check of the includes find what it is there for?
# usage: includes_selftest.sh SOURCE-DIRECTORY
set -eu
check=$1/tests/lint/includes.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
status=0

# plant FILE LINE: a tree with this one line, in this file of src.
plant() {
  rm -rf "$tree/src"
  mkdir -p "$tree/src/$(dirname "$1")"
  printf '#include <vector>\n%s\n' "$2" >"$tree/src/$1"
}
refused() {
  plant "$1" "$2"
  if sh "$check" "$tree" >/dev/null; then
    echo "passed, and must not: $2 in src/$1"
    status=1
  fi
}
accepted() {
  plant "$1" "$2"
  if ! sh "$check" "$tree"; then
    echo "refused, and must not be: $2 in src/$1"
    status=1
  fi
}

refused base/planted.h '#include "cli/cli.h"'
refused archive/planted.cc '#include "audit/log.h"'
refused run/planted.cc '  #  include "report/table.h"'
refused plan/planted.cc '#include "run/run.h"'
refused plan/planted.cc '#include <run/run.h>'
refused plan/planted.cc '#include "../run/run.h"'
refused plan/planted.cc '#include "plan.h"'
refused plan/planted.cc '#include HEADER'
refused unknown/planted.cc '#include "base/fd.h"'
refused main.cc '#include "run/run.h"'
refused base/planted.cc '#include <openssl/evp.h>'
refused audit/planted.h '#include <openssl/evp.h>'
refused plan/planted.cc '#include <sqlite3.h>'
refused run/planted.cc '#include <SQLiteCpp/SQLiteCpp.h>'
refused cli/planted.cc '#include <csv.h>'
refused intake/planted.cc '#include <boost/program_options.hpp>'
refused residue/planted.h '#include <ext2fs/ext2fs.h>'
refused shred/planted.cc '#include <ext2fs/ext2_fs.h>'
refused shred/planted.cc '#include "residue/ext4_slack.h"'
refused residue/planted.cc '#include "plan/plan.h"'
refused shred/planted.h '#include <boost/filesystem.hpp>'
refused report/planted.h '#include <nlohmann/json.hpp>'
refused residue/planted.h '#include <xfs/xfs.h>'
refused residue/planted.cc '#include "plan/plan.h"'

accepted plan/planted.cc '#include "archive/index.h"'
accepted plan/planted.cc '#include "plan/decide.h"'
accepted residue/planted.cc '#include <ext2fs/ext2_fs.h>'
accepted residue/planted.cc '#include "shred/target.h"'
accepted main.cc '#include "cli/cli.h"'
accepted residue/xfs_planted.cc '#include <xfs/xfs.h>'
accepted base/sha256.cc '#include <openssl/evp.h>'
accepted audit/planted.cc '#include <openssl/evp.h>'
accepted archive/planted.h '#include <SQLiteCpp/Database.h>'
accepted report/planted.cc '#include <nlohmann/json.hpp>'
exit "$status"

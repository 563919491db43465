# shellcheck shell=bash
# Sourced by the other scripts: which Debian and Ubuntu packages each purpose needs, and the means
# to install those that are missing.
# shellcheck disable=SC2034  # the lists are for the scripts that source this one

# To build expunge and run its tests; the last three lines are small, and more tests run with them.
build_packages=(
  g++ cmake ninja-build
  libboost-filesystem-dev libboost-program-options-dev libssl-dev libsqlite3-dev catch2
  nlohmann-json3-dev libfmt-dev libhowardhinnant-date-dev libcsv-dev libsqlitecpp-dev
  libpcre2-dev libsndfile1-dev
  libext2fs-dev xfslibs-dev libseccomp-dev
  tzdata openssl sqlite3
  clang-format shellcheck mandoc strace busybox faketime
  e2fsprogs xfsprogs btrfs-progs mount
  python3 python3-cryptography
)

# To speak and to encode the demonstration's calls.
audio_packages=(espeak-ng sox e2fsprogs mount)

# What scripts/bench compares expunge with, and measures by.
bench_packages=(secure-delete scrub time e2fsprogs mount)

# What scripts/fuzz needs: Clang with its runtime libraries, libFuzzer among them.
fuzz_packages=(clang libclang-rt-dev)

# The databases that call recorders keep; the tests start servers of their own.
database_packages=(mariadb-server postgresql)

# What looks at the pages as a person would. Where node or npm came from elsewhere, Debian's own would
# be in their way.
page_packages=(chromium python3-jsonschema libxml2-utils)
command -v node >/dev/null || page_packages+=(nodejs)
command -v npm >/dev/null || page_packages+=(npm)

# promtool, which checks metrics and alert rules.
monitoring_packages=(prometheus)

# What scripts/package needs: to build the package, and what its control file names.
package_control=$(dirname "${BASH_SOURCE[0]}")/debian/control
mapfile -t package_packages < <(
  printf '%s\n' build-essential fakeroot lintian debhelper
  sed -n '/^Build-Depends:/,/^[^ ]/s/^ \([a-z0-9+.-]*\).*/\1/p' "$package_control" |
    grep -v -e '^debhelper-compat$' -e '^dh-sequence-'  # debhelper has both
)

# What the tests of the package need besides: clean systems to install it in, and the shells that it
# has completion for.
package_test_packages=(debootstrap debian-archive-keyring e2fsprogs mount systemd zsh)

# What only the full test run needs.
full_packages=(
  "${page_packages[@]}"
  "${audio_packages[@]}"
  "${fuzz_packages[@]}"
  "${database_packages[@]}"
  "${monitoring_packages[@]}"
  "${package_packages[@]}"
  "${package_test_packages[@]}"
  clang-tidy
)

# Whether programs can be built with libFuzzer and the sanitizers.
has_fuzzer() {
  local directory status=0
  command -v clang++ >/dev/null || return 1
  directory=$(mktemp -d)
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    clang++ -x c++ -fsanitize=fuzzer,address,undefined -o "$directory/fuzz" - 2>/dev/null || status=1
  rm -r "$directory"
  return "$status"
}

# Installs what the tests of pages need of npm, as tests/pages names it, below build/pages.
install_page_modules() {
  local place=build/pages
  mkdir -p "$place"
  local modules=$place/node_modules program=axe-core/axe.min.js
  if cmp -s tests/pages/package-lock.json "$modules/installed" && [ -s "$modules/$program" ]; then
    return 0
  fi
  cp tests/pages/package.json tests/pages/package-lock.json "$place/"
  (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return 1
  # Its status alone does not say that the file is there.
  if [ ! -s "$modules/$program" ]; then
    echo "npm $(npm --version) ended well, and there is no $modules/$program; below it:"
    find "$modules" -maxdepth 2 | head -n 20
    return 1
  fi
  cp tests/pages/package-lock.json "$modules/installed"
}

# Prints those of the packages named that are not installed, one a line.
missing_packages() {
  local package state
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null) || state=
    case $'\n'$state$'\n' in
      *$'\ninstalled\n'*) ;;
      *) printf '%s\n' "$package" ;;
    esac
  done
}

# Installs what is missing of the packages named. Without the right to install it says the one
# command to run, and fails.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "No dpkg and apt-get here: assuming that the equivalents of these are installed: $*" >&2
    return 0
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'Packages are missing. Run this as root, then start again:\n  %s\n' \
        "apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >/dev/null || echo "The package lists could not be refreshed; going on" >&2
  # No server shall start on this machine for having been installed (Debian Policy 9.3.3.2).
  local policy=/usr/sbin/policy-rc.d ours=no status=0
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" || status=$?
  if [ "$ours" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
  return "$status"
}

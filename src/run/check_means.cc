#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "residue/names.h"
#include "run/check_parts.h"
#include "run/gather.h"
#include "run/pipeline.h"
#include "shred/ground.h"
#include "shred/means.h"

namespace expunge::run {
namespace {

void check_names(const shred::ArchiveRoot& root, Findings& findings) {
  const shred::Ground& ground = root.ground();
  if (!ground.obstacle.empty()) return;
  constexpr const char* kStay =
      "the names of destroyed files may stay in the file system's journal until it is reused";
  const residue::Prospect prospect = residue::probe_names(root);
  if (!prospect.directories.empty() && ground.family != shred::Family::other) {
    findings.note("names",
                  fmt::format("those of destroyed files may stay in free space of directories that "
                              "keep others: {}",
                              prospect.directories),
                  ::geteuid() == 0
                      ? "this is root, from whom the block device is kept here, as in a container; "
                        "a run outside of it can erase them"
                      : "call check as the run's user; root can erase them");
  }
  switch (prospect.journal) {
    case residue::Cleaning::erases:
      return findings.ok("names", "a run erases them from the file system's journal at its end");
    case residue::Cleaning::nothing_there:
      return findings.ok("names", "the file system has no journal to keep them");
    case residue::Cleaning::not_permitted:
      return findings.warning("names",
                              fmt::format("{}: erasing them is not permitted to this user", kStay),
                              "let the run have CAP_SYS_ADMIN, as root has, and call check as the "
                              "run's user");
    case residue::Cleaning::no_means:
      if (ground.family == shred::Family::ext4) {
        return findings.note("names",
                             fmt::format("{}: the kernel has no means to erase them", kStay),
                             "Linux 5.14 or later has");
      }
      return findings.note("names", fmt::format("{}, and {} offers no means to erase them", kStay,
                                                ground.filesystem));
    case residue::Cleaning::failed:
      break;
  }
  findings.warning("names",
                   fmt::format("{}: whether they can be erased could not be found out", kStay),
                   "look at the kernel's log");
}

void check_leases(base::Sys& sys, Findings& findings) {
  constexpr const char* kUnnoticed = "a file that is open elsewhere is not noticed";
  switch (shred::probe_leases(sys)) {
    case shred::Leases::any_file:
      return findings.ok("leases", "a run notices when somebody else has a file open");
    case shred::Leases::own_files:
      return findings.note("leases", fmt::format("{} unless this user owns it", kUnnoticed),
                           "let the run have CAP_LEASE, as root has");
    case shred::Leases::none:
      return findings.warning(
          "leases", fmt::format("{}: leases are turned off (fs.leases-enable)", kUnnoticed),
          "sysctl fs.leases-enable=1");
    case shred::Leases::unknown:
      break;
  }
  findings.warning("leases",
                   "whether a run can notice that somebody else has a file open is unknown",
                   "see that /proc is mounted and readable");
}

void check_descriptors(std::size_t wanted, Findings& findings) {
  raise_descriptor_limit(wanted);  // as a run does
  try {
    const std::size_t at_once = files_at_once(wanted, kBatchesOpen);
    const std::string text = fmt::format("{} files at once in a batch", base::grouped(at_once));
    if (at_once >= wanted / 2) return findings.ok("descriptors", text);
    findings.note("descriptors", text + ": small batches are slower",
                  fmt::format("allow {} (ulimit -n, LimitNOFILE=)",
                              base::grouped((kBatchesOpen + 1) * wanted)));
  } catch (const base::Failure& failure) {
    findings.problem("descriptors", "too few files may be open at once: no run can begin",
                     failure.what());
  }
}

}  // namespace

void check_means(const CheckSetting& setting, const shred::ArchiveRoot* root, Findings& findings) {
  check_leases(setting.sys, findings);
  check_descriptors(setting.limits.batch_files, findings);
  if (setting.limits.fingerprint == shred::Fingerprint::no) {
    findings.note(
        "fingerprint",
        "what is destroyed is logged without its SHA-256, unless the index has one: a copy "
        "that turns up later cannot be told by the log",
        "fingerprint = yes under [destruction] in the configuration");
  }
  if (root == nullptr) return;
  check_names(*root, findings);
  if (shred::opens_beneath(*root)) {
    findings.ok("kernel", "opens files beneath the archive root and nowhere else (openat2)");
  } else {
    findings.problem("kernel",
                     "cannot open files beneath the archive root and nowhere else (openat2): "
                     "nothing can be destroyed",
                     "Linux 5.6 or later can; a sandbox may forbid it");
  }
}

}  // namespace expunge::run

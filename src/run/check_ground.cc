#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/fd.h"
#include "base/text.h"
#include "run/check_parts.h"
#include "shred/ground.h"
#include "shred/mounts.h"

namespace expunge::run {
namespace {

using Kind = shred::Medium::Kind;

constexpr const char* kShown = "the claim is of the blocks that the file system shows";

/// What a device may keep that nobody sees from here.
void check_hidden_copies(const shred::Medium& medium, const std::string& about,
                         Findings& findings) {
  const bool crypt = medium.has(Kind::crypt);
  if (crypt) {
    findings.ok(about,
                "dm-crypt lies below: whatever the device keeps cannot be read without the "
                "volume's key, and is gone with it");
  }
  const auto say = [&](Kind kind, const std::string& what, const std::string& remedy) {
    if (!medium.has(kind)) return;
    if (crypt) return findings.ok(about, what + ", but encrypted");
    findings.note(about, fmt::format("{}; {}", what, kShown), remedy);
  };
  say(Kind::solid_state,
      "a solid-state disk: the device may keep older copies in blocks that it does not show",
      "encrypt the volume (dm-crypt), and destroy the disk when it is retired");
  say(Kind::zoned, "a zoned disk: it may keep older copies in zones that it does not show",
      "encrypt the volume (dm-crypt), and destroy the disk when it is retired");
  say(Kind::virtual_disk,
      "a virtual disk: the storage below the hypervisor is unknown, and may keep snapshots and "
      "older copies",
      "ask whoever runs the hypervisor what it keeps, and for how long");
  say(Kind::network,
      "storage on the network: what lies behind it is unknown, and may keep snapshots and older "
      "copies",
      "ask whoever runs the storage what it keeps, and for how long");
  if (medium.has(Kind::rotational)) {
    findings.ok(about,
                "a rotating disk, by what it says: new bytes lie where the old ones lay, but for "
                "sectors that it put aside as bad");
  }
  if (medium.has(Kind::cache)) {
    findings.warning(about, "a cache or write journal on a faster device may keep older copies",
                     "let it write everything back and detach it, or encrypt above it (dm-crypt)");
  }
}

void check_snapshots(const shred::Medium& medium, const std::string& about, Findings& findings) {
  if (medium.has(Kind::snapshot_origin)) {
    findings.problem(about,
                     "the volume has an LVM snapshot: each overwrite first copies the old bytes "
                     "into it, where they stay",
                     "remove the snapshot (lvs shows it) before the next run");
  }
  if (medium.has(Kind::snapshot)) {
    findings.problem(about,
                     "the volume is itself an LVM snapshot: an overwrite goes elsewhere, and the "
                     "origin keeps the old bytes",
                     "keep the recordings on an ordinary volume");
  }
  if (medium.has(Kind::volume)) {
    findings.problem(about, "a ZFS volume lies below: changed bytes are written elsewhere",
                     "move it to a disk without ZFS");
  }
  if (medium.has(Kind::thin_volume)) {
    findings.note(about,
                  "a thin volume: whether it shares blocks with snapshots, which would keep the "
                  "old bytes, is not seen from here",
                  "lvs -o name,origin shows its snapshots; keep none");
  }
  if (medium.has(Kind::logical_volume)) {
    findings.ok(about, "an LVM volume without a snapshot");
  }
}

void check_assembly(const shred::Medium& medium, const std::string& about, Findings& findings) {
  for (const shred::Medium::Layer& layer : medium.layers) {
    if (layer.kind == Kind::raid) {
      findings.ok(about,
                  fmt::format("md {}: an overwrite reaches every member in use, parity included",
                              layer.detail.empty() ? "of an unknown level" : layer.detail));
    }
    if (layer.kind == Kind::loop && medium.loop_obstacle.empty() && !layer.detail.empty()) {
      findings.note(about,
                    fmt::format("a loop device: its backing file decides, which lies on {}, where "
                                "an overwrite is in place",
                                layer.detail));
    }
  }
  if (!medium.loop_obstacle.empty()) {
    findings.problem(about,
                     fmt::format("a loop device whose backing file cannot be overwritten in place "
                                 "({}): the old bytes stay below",
                                 base::printable(medium.loop_obstacle)),
                     "keep the recordings on a disk, or the backing file on ext4 or XFS");
  }
  if (medium.degraded) {
    findings.warning(about, "an md array lacks a member, which still holds what was on it",
                     "find that disk and destroy it, or add it again");
  }
  if (medium.has(Kind::mapped)) {
    findings.warning(about,
                     "a device-mapper target of an unknown kind lies below: whether an overwrite "
                     "reaches the old bytes is unknown",
                     "dmsetup table says what it is");
  }
  if (medium.has(Kind::unknown)) {
    findings.warning(about, "what lies below the file system could not be found out",
                     "see that /sys is mounted and readable; lsblk may say more");
  }
}

void check_discard(const shred::Ground& ground, const std::string& about, Findings& findings) {
  const shred::Medium& medium = ground.medium;
  if (!medium.discards) return;
  if (ground.discard_mounted) {
    findings.ok(about, "discard is on: the device is told which blocks were freed");
  } else if (medium.has(Kind::solid_state) || medium.has(Kind::virtual_disk)) {
    findings.note(about, "the device takes discard requests, and the file system sends none",
                  "run fstrim from time to time, or mount with discard");
  }
}

void check_mounts(const CheckSetting& setting, Findings& findings) {
  constexpr std::size_t kMaxNamed = 10;
  constexpr const char* kRemedy =
      "give it a configuration, an index and a log of its own, or unmount it";
  std::error_code error;
  const auto path = std::filesystem::canonical(setting.archive_root, error);
  const auto mounts = shred::read_mounts(setting.sys);
  if (error || !mounts) {
    return findings.warning("mounts", "what is mounted below the archive root is unknown",
                            "see that /proc is mounted and readable");
  }
  const auto below = shred::mounts_below(*mounts, path.string());
  if (below.empty()) return findings.ok("mounts", "nothing is mounted below the archive root");
  for (std::size_t i = 0; i < below.size() && i < kMaxNamed; ++i) {
    findings.warning(
        "mounts",
        fmt::format("{} is mounted at {}: recordings there are refused "
                    "(crosses-file-system)",
                    base::printable(below[i].filesystem), base::printable(below[i].point)),
        kRemedy);
  }
  if (below.size() > kMaxNamed) {
    findings.warning("mounts", fmt::format("and {} more", below.size() - kMaxNamed), kRemedy);
  }
}

/// Of the directory that a file is in: closing the index itself would drop SQLite's locks on it.
shred::Ground ground_of(base::Sys& sys, const std::string& directory) {
  const base::Fd fd(sys.openat(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY, 0));
  return shred::find_ground(sys, fd.get());
}

void check_index_ground(const shred::Ground& ground, const shred::ArchiveRoot* root,
                        Findings& findings) {
  const std::string type = base::printable(ground.filesystem);
  if (ground.cause == shred::Cause::none) {
    findings.ok("index", type + ": erased rows are zeroed where they lay");
    if (root == nullptr || ground.device != root->ground().device) {
      check_medium(ground, "index", findings);
    }
  } else if (ground.cause == shred::Cause::memory) {
    findings.problem("index", type + ": the index is in memory, and gone at the next boot",
                     "move it to a disk, and name it in the configuration");
  } else {
    findings.warning("index",
                     fmt::format("{}: {}; so personal data survives its erasure from the index",
                                 type, words(ground.cause)),
                     "move the index to ext4 (not data=journal) or XFS");
  }
}

void check_log_ground(const shred::Ground& ground, Findings& findings) {
  const std::string type = base::printable(ground.filesystem);
  constexpr const char* kRemedy = "move the log to a local disk, and name it in the configuration";
  switch (ground.cause) {
    case shred::Cause::memory:
      return findings.problem("log", type + ": the log is in memory, and gone at the next boot",
                              kRemedy);
    case shred::Cause::no_barriers:
    case shred::Cause::nfs:
    case shred::Cause::smb:
    case shred::Cause::network:
    case shred::Cause::fuse:
    case shred::Cause::unknown_file_system:
    case shred::Cause::unknown_options:
      return findings.warning("log",
                              type +
                                  ": whether an entry is on a disk once it was flushed cannot "
                                  "be known",
                              kRemedy);
    default:
      return findings.ok("log", type + ": it holds no personal data, and what is flushed stays");
  }
}

}  // namespace

void check_medium(const shred::Ground& ground, const std::string& about, Findings& findings) {
  const shred::Medium& medium = ground.medium;
  check_hidden_copies(medium, about, findings);
  check_snapshots(medium, about == "medium" ? "snapshots" : about, findings);
  check_assembly(medium, about, findings);
  check_discard(ground, about == "medium" ? "discard" : about, findings);
}

void check_archive(const CheckSetting& setting, const shred::ArchiveRoot& root,
                   Findings& findings) {
  const shred::Ground& ground = root.ground();
  if (ground.obstacle.empty()) {
    findings.ok("archive", fmt::format("{}: {}", ground.filesystem, words(shred::Cause::none)));
  } else if (setting.limits.accept == shred::Accept::unlinked) {
    findings.warning("archive",
                     fmt::format("{}: {}; every file here would be removed without overwriting, as "
                                 "accepted (claim: unlinked)",
                                 base::printable(ground.obstacle), words(ground.cause)),
                     "for destruction, move the recordings to ext4 (not data=journal) or XFS");
  } else {
    findings.problem("archive",
                     fmt::format("{}: {}; every file here is refused (cannot-overwrite-in-place)",
                                 base::printable(ground.obstacle), words(ground.cause)),
                     "move the recordings to ext4 (not data=journal) or XFS");
  }
  if (ground.read_only) {
    findings.problem("archive", "mounted read-only: nothing can be destroyed",
                     "look at why it is, then: mount -o remount,rw on its mount point");
  }
  check_medium(ground, "medium", findings);
  check_mounts(setting, findings);
}

void check_books_ground(const CheckSetting& setting, const shred::ArchiveRoot* root,
                        Findings& findings) {
  const std::string index = std::filesystem::path(setting.index_path).parent_path().string();
  const shred::Ground below_index = ground_of(setting.sys, index);
  const shred::Ground below_log = ground_of(setting.sys, setting.log_place.directory);
  check_index_ground(below_index, root, findings);
  check_log_ground(below_log, findings);
  const auto read_only = [&](const shred::Ground& ground, const char* about) {
    if (!ground.read_only) return;
    findings.problem(about, "mounted read-only: no run can begin",
                     "look at why it is, then: mount -o remount,rw on its mount point");
  };
  read_only(below_index, "index");
  read_only(below_log, "log");
}

}  // namespace expunge::run

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>

#include "base/fd.h"
#include "base/text.h"
#include "run/check_parts.h"

namespace expunge::run {
namespace {

/// Entries of a line each, with one file or two, and their share of checkpoint and bookmark.
constexpr std::uint64_t kLogBytesEach = 1536;
/// Pages of its rows and of the trees that they stand in, which the rollback journal keeps until
/// the batch is committed; and its lines in the index's own list of what was begun.
constexpr std::uint64_t kIndexBytesEach = 24 << 10;
/// Whatever the night.
constexpr std::uint64_t kLogBytesBase = 256 << 10;
constexpr std::uint64_t kIndexBytesBase = 4 << 20;
/// run.lock, a checkpoint beside the old one, a frozen one, the bookmark, a key, a torn tail.
constexpr std::uint64_t kInodes = 16;
constexpr std::uint64_t kFewInodes = 1000;
/// Below so many times what is needed, a person should make room before it is needed.
constexpr std::uint64_t kNights = 4;

struct Room {
  std::uint64_t free_bytes = 0;  ///< without what is kept back for root
  std::uint64_t inodes = 0, free_inodes = 0;
};

std::optional<Room> room_at(base::Sys& sys, const std::string& directory) {
  const base::Fd fd(sys.openat(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY, 0));
  struct statfs status {};
  if (fd.get() < 0 || sys.fstatfs(fd.get(), status) != 0) return std::nullopt;
  return Room{
      static_cast<std::uint64_t>(status.f_bavail) *
          static_cast<std::uint64_t>(status.f_frsize > 0 ? status.f_frsize : status.f_bsize),
      status.f_files, status.f_ffree};
}

void check_bytes(const std::string& about, const std::string& directory, const Room& room,
                 std::uint64_t needed, Findings& findings) {
  const std::string figures = fmt::format("{} are free at {}, and the next run may need {}",
                                          base::human_bytes(room.free_bytes),
                                          base::printable(directory), base::human_bytes(needed));
  const std::string remedy = "make room: df -h " + base::printable(directory) +
                             " shows the file system, du -x what fills it";
  if (room.free_bytes < needed) {
    findings.problem(about, figures + ": it would stop part way", remedy);
  } else if (room.free_bytes < kNights * needed) {
    findings.warning(about, figures + ": it is nearly full", remedy);
  } else {
    findings.ok(about, figures);
  }
}

void check_inodes(const std::string& about, const std::string& directory, const Room& room,
                  Findings& findings) {
  if (room.inodes == 0) return;  // made as they are needed
  const std::string figures = fmt::format("free inodes at {}: {}", base::printable(directory),
                                          base::grouped(room.free_inodes));
  const std::string remedy =
      "remove files that nobody needs: df -i " + base::printable(directory) + ", du --inodes -x";
  if (room.free_inodes < kInodes) {
    findings.problem(about, figures + ": a run cannot keep its checkpoints", remedy);
  } else if (room.free_inodes < kFewInodes) {
    findings.warning(about, figures + ": few", remedy);
  }
}

void check_archive_inodes(const shred::ArchiveRoot& root, Findings& findings) {
  struct statfs status {};
  if (root.sys().fstatfs(root.fd(), status) != 0 || status.f_files == 0) return;
  if (status.f_ffree > 0) return;
  findings.warning("names",
                   "the archive's file system has no free inode for the file by which names are "
                   "erased: those of destroyed files may stay in directories",
                   "remove files that nobody needs: df -i shows the file system");
}

}  // namespace

void check_room(const CheckSetting& setting, const shred::ArchiveRoot* root,
                const plan::Summary* tonight, Findings& findings) {
  const std::uint64_t due = tonight == nullptr ? 0 : tonight->count(plan::Verdict::due).recordings;
  const std::uint64_t at_once = std::min<std::uint64_t>(due, setting.limits.batch_files);
  const std::string index = std::filesystem::path(setting.index_path).parent_path().string();
  const std::string& log = setting.log_place.directory;
  if (const auto room = room_at(setting.sys, index)) {
    check_bytes("index", index, *room, kIndexBytesBase + at_once * kIndexBytesEach, findings);
  }
  if (const auto room = room_at(setting.sys, log)) {
    check_bytes("log", log, *room, kLogBytesBase + due * kLogBytesEach, findings);
    check_inodes("log", log, *room, findings);
  }
  if (root != nullptr) check_archive_inodes(*root, findings);
}

}  // namespace expunge::run

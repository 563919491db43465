#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys.h"
#include "support/disk_names.h"

namespace expunge::test {

/// How a call fails.
enum class Way {
  error,             ///< EIO, without effect; a flush loses the pages (see DiskFiles)
  refused,           ///< EIO, without effect; what a flush did not flush stays dirty (flushes only)
  no_space,          ///< ENOSPC, without effect, where it can come; a flush loses the pages
  effected,          ///< EIO, and all of its effect
  torn,              ///< EIO, and half of it is written (writes only)
  cut_short,         ///< half of it is written, and said so (writes only)
  short_then_error,  ///< the same, and the next call has EIO
  unwritten,         ///< success, without effect (writes past the page cache only)
  broken,            ///< EIO for this call and all after it
  full,              ///< ENOSPC for this call and all after it that need space
  death,             ///< this call is not made, nor any after it
  death_torn,        ///< half of it is written, and then the same (writes only)
};
inline constexpr Way kWays[] = {
    Way::error,     Way::refused,          Way::no_space,  Way::effected, Way::torn,
    Way::cut_short, Way::short_then_error, Way::unwritten, Way::broken,   Way::full,
    Way::death,     Way::death_torn};
[[nodiscard]] std::string_view words(Way way);

/// What a power cut leaves of what was not flushed.
enum class Unflushed {
  lost,
  kept,
  some,          ///< by the seed: of each file and directory, in part
  lost_archive,  ///< lost on the first file system, kept on the others
  lost_books,    ///< kept on the first file system, lost on the others
};
[[nodiscard]] std::string_view words(Unflushed unflushed);

/// The calls that change something, one kind each.
enum class Kind {
  create,
  write,
  truncate,
  flush,
  flush_data,
  flush_all,
  owner,
  mode,
  set_attribute,
  remove_attribute,
  directory,
  rename,
  link,
  unlink,
  control,
  allocate,
};
[[nodiscard]] std::string_view words(Kind kind);
/// Whether a call of this kind can fail so.
[[nodiscard]] bool applies(Way way, Kind kind);

/// File systems whose every call that changes anything can be made to fail, the n-th in one order
/// over all threads, be it made through base::Sys, by SQLite, or elsewhere in this process: it lies
/// below the C library's functions (faulty_disk_calls.cc, which is linked to who names this class).
/// DiskFiles and DiskNames are the model of what is on the disks.
///
/// One at a time. While one exists all calls on its file systems go through it; only while armed
/// are they counted.
class FaultyDisk {
 public:
  /// The graveyards (see DiskNames) tell the file systems; the first has the archive.
  explicit FaultyDisk(const std::vector<std::string>& graveyards);
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  ~FaultyDisk();

  /// Fails call number `call` (from 0) from now on.
  void arm(std::uint64_t call, Way way);
  /// Counts, and fails none.
  void arm() { arm(UINT64_MAX, Way::error); }
  /// All is well again; the dead stay dead.
  void disarm();
  /// Whether the call came, and could fail so.
  [[nodiscard]] bool tripped() const { return tripped_; }
  [[nodiscard]] bool dead() const { return dead_; }
  /// A call that was made: what it did, and to which file, or `archive`, as a word.
  struct Call {
    Kind kind;
    std::string where;
  };
  /// All calls since arm(), and in words which one failed.
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
  [[nodiscard]] const std::string& failed_call() const { return failed_call_; }

  /// Requires that nobody has anything open on the disks, as the next. All that is below the tops
  /// is found again.
  void power_cut(Unflushed unflushed, std::uint32_t seed, const std::vector<std::string>& tops);
  /// The page cache drops what it could not write.
  void evict(const std::vector<std::string>& tops);
  /// What can still be read on the disks of files whose names are gone for good.
  [[nodiscard]] std::string freed() const { return files_.freed(); }
  /// Time goes by: all that is not lost is written.
  void settle();

 private:
  friend struct DiskCalls;
  struct Deed;

  [[nodiscard]] bool is_here(int fd) const;
  long make(const Deed& deed);
  long fail(const Deed& deed, Way way);
  long flush(int fd, Kind kind);
  void lose(int fd, Kind kind);
  [[nodiscard]] std::string where(const Deed& deed) const;

  mutable std::recursive_mutex mutex_;
  std::vector<dev_t> devices_;
  DiskFiles files_;
  DiskNames names_;
  bool armed_ = false, tripped_ = false, dead_ = false;
  std::uint64_t fault_at_ = 0;
  Way way_ = Way::error;
  bool next_fails_ = false;
  std::vector<Call> calls_;
  std::string failed_call_;
};

/// Dies where the disk has: nothing catches Death, as nothing survives a kill.
class MortalSys : public base::Sys {
 public:
  explicit MortalSys(const FaultyDisk& disk) : disk_(disk) {}

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) override;
  int ftruncate(int fd, off_t length_bytes) override;
  int fsync(int fd) override;
  int fdatasync(int fd) override;
  int syncfs(int fd) override;
  int fsetxattr(int fd, const char* name, const void* value, std::size_t bytes, int flags) override;
  int fremovexattr(int fd, const char* name) override;
  int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                unsigned flags) override;
  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int flags) override;
  int unlinkat(int dirfd, const char* path, int flags) override;

 private:
  template <typename T>
  T alive(T result) const;
  const FaultyDisk& disk_;
};

}  // namespace expunge::test

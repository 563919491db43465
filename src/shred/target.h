#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "shred/refusal.h"

namespace expunge::shred {

struct Ground;

/// The archive root, opened once: every file is reached beneath this descriptor.
class ArchiveRoot {
 public:
  /// Throws Failure(usage) naming `path` when it is not a directory that can be opened. Asks the
  /// root's file system what it can promise, once, and has the process ignore SIGIO from here on
  /// (unless it has a handler): it would end the process when somebody opens a leased file.
  ArchiveRoot(base::Sys& sys, const std::string& path);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] base::Sys& sys() const { return sys_; }
  [[nodiscard]] const Ground& ground() const { return *ground_; }

  /// Inode and birth time of the root directory, as text: another one stands under its path when a
  /// volume is not mounted. (Device numbers change from boot to boot.)
  [[nodiscard]] std::string identity() const;

  /// Whether a regular file stands at `path` beneath the root, without opening it. Also when the
  /// disk fails to say, so that nobody forgets what may be there.
  [[nodiscard]] bool has_file(const std::string& path) const;

 private:
  base::Sys& sys_;
  base::Fd fd_;
  std::shared_ptr<const Ground> ground_;
};

/// Whether a path stays within the root: relative, no empty, `.` or `..` component, no NUL, each
/// component at most 255 bytes, 4095 in all. Looks at the text alone.
[[nodiscard]] bool stays_within_root(std::string_view path);

/// Which file it is, as far as a file system can say.
struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t birth_ns = 0;  ///< 0 where the file system records none

  bool operator==(const Identity&) const = default;
};

/// A merged run of blocks, contiguous in the file and on the device.
struct Extent {
  std::uint64_t logical_bytes;  ///< offset in the file
  std::uint64_t physical_bytes;
  std::uint64_t length_bytes;

  bool operator==(const Extent&) const = default;
};

/// SHA-256 over the extents: two equal ones mean that no block lies elsewhere than before.
[[nodiscard]] base::Digest layout(const std::vector<Extent>& extents);

/// What the index says the file is; unset members are not checked.
struct Expected {
  std::string path;
  std::optional<std::uint64_t> bytes;
  std::optional<base::Digest> sha256;
};

/// Whether to take the SHA-256 of the content before destruction.
enum class Fingerprint { no, yes };

/// What is to be done with a file.
enum class Method {
  overwrite,  ///< in place, flushed, read back; then its name is removed
  unlink,     ///< its name is removed, and nothing is claimed of its content
};

/// `overwrite`, `unlink`: as the log and the index's journal have it.
[[nodiscard]] std::string_view code(Method method);

/// What an operator accepts where an overwrite would not reach the bytes.
enum class Accept {
  overwritten,  ///< nothing less: such a file is refused
  unlinked,     ///< it is removed without being overwritten
};

/// `overwritten`, `unlinked`: as the configuration has it.
[[nodiscard]] std::string_view code(Accept accept);

/// A file that may be destroyed: opened beneath the root, checked, and nobody else's.
struct Target {
  std::string path;  ///< as given, or the name it passed through before a crash
  base::Fd fd;
  Identity identity;
  std::uint64_t size_bytes = 0;
  std::uint64_t overwrite_bytes = 0;  ///< to the end of the last block and of what is preallocated
  std::uint32_t block_bytes = 4096;   ///< alignment that direct I/O needs here
  Method method = Method::overwrite;
  bool direct = false;     ///< written past the page cache; true for every file to be overwritten
  bool leased = false;     ///< F_SETLEASE says that nobody else has it open
  bool hollow = false;     ///< with more than 1 GiB of holes: no fingerprint unless it is compared
  std::string filesystem;  ///< ext4, xfs, …
  std::vector<Extent> extents;  ///< physical ranges before, merged
  std::optional<base::Digest> fingerprint;
  std::chrono::nanoseconds fingerprint_time{0};  ///< that it took
};

/// Opens, checks and fingerprints one file, and asks the file system whether an overwrite reaches
/// the bytes. Where it does not, the file is refused (cannot_overwrite_in_place), or, if that is
/// accepted, opened for reading alone, to be unlinked; every other reason refuses it all the same.
/// Never changes anything. Thread-safe for different files.
[[nodiscard]] std::variant<Target, Refusal> open_target(const ArchiveRoot& root,
                                                        const Expected& expected,
                                                        Fingerprint fingerprint,
                                                        Accept accept = Accept::overwritten);

/// Makes of a target, whatever it was opened for, one to be unlinked: what an interrupted run began
/// on in that way is finished in that way, also where an overwrite has become possible since.
void make_unlink(Target& target);

}  // namespace expunge::shred

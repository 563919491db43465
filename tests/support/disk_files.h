#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace expunge::test {

/// A system call past the C library; its value, or -errno.
long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0);

struct InodeId {
  dev_t device = 0;
  ino_t number = 0;
  auto operator<=>(const InodeId&) const = default;
};
[[nodiscard]] std::optional<InodeId> inode_of(int fd);

/// What a cut leaves of the unflushed changes of one file or directory.
struct Chosen {
  enum class Part { none, all, some } part = Part::none;
  std::function<bool()> coin;  ///< for some
};

/// What of each file's content and attributes is on the disk, and what is only in the page cache,
/// or only in the cache of the device. Makes the changes for real, so that everybody sees them, and
/// knows for each what the disk would hold if the power went.
///
/// Written through the page cache: on the disk after an fsync or fdatasync of the file, or syncfs.
/// Written past it (O_DIRECT): after any flush of the device; but where it fills blocks
/// that were preallocated beyond the end, at once. Owner, mode, attributes: after fsync of the file
/// (not fdatasync), syncfs, or a commit of the file system's journal.
///
/// A flush that fails loses: pages of the file that were not flushed are taken for clean, later
/// flushes succeed, and what the pages held is read from them as long as they stay, but not from
/// the disk. Who writes to such a page again writes all of it. What went past the page cache to the
/// same device is lost too, though the device's cache still shows it until the power goes.
class DiskFiles {
 public:
  ssize_t write(int fd, const void* data, std::size_t bytes, off_t at);
  ssize_t read(int fd, void* out, std::size_t bytes, off_t at) const;
  int truncate(int fd, off_t length);
  int set_attribute(int fd, const char* name, const void* value, std::size_t bytes, int flags);
  int remove_attribute(int fd, const char* name);
  int change_owner(int fd, uid_t owner, gid_t group);
  int change_mode(int fd, mode_t mode);
  /// A new, empty file; one whose last name is gone for good.
  void created(InodeId id) { files_[id] = File{}; }
  void removed(InodeId id);
  /// What the blocks of files hold whose last name is gone for good: the disk's, not the cache's.
  [[nodiscard]] std::string freed() const;

  void flush(InodeId id, bool with_metadata);
  void flush_device(dev_t device);        ///< its own cache
  void flush_all_buffered(dev_t device);  ///< with metadata
  void flush_metadata(dev_t device);
  void lose(InodeId id);
  void lose_all(dev_t device);

  /// Nothing is open any more. Puts on the real files what a disk could hold, and forgets the rest.
  /// `paths`: of every file there is.
  void cut(const std::map<InodeId, std::string>& paths, const std::function<Chosen(dev_t)>& chosen);
  /// The pages that were lost leave the page cache.
  void evict(const std::map<InodeId, std::string>& paths);
  /// All that is not lost is on the disk.
  void settle();

 private:
  struct Change {
    std::size_t at = 0;
    std::string data;
    bool cut = false;  ///< to `at`
    bool direct = false;
  };
  struct Attribute {
    std::string name;  ///< empty: owner and mode
    std::optional<std::string> before;
    uid_t owner = 0;
    gid_t group = 0;
    mode_t mode = 0;
  };
  struct Range {
    std::size_t from, to;
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
    std::vector<Attribute> metadata;
    std::vector<Range> lost;
    std::vector<Range> touched;  ///< where the real file may differ from what is durable
    bool direct = false;         ///< was written past the page cache: its blocks must stay
  };

  File& file_of(int fd, InodeId id);
  static void apply(std::string& image, const Change& change);
  static void lose_pages(File& file);
  static void write_back(const std::string& path, const std::string& image,
                         const std::vector<Range>& ranges);
  static void undo(const Attribute& attribute, const std::string& path);

  void drop_direct(dev_t device);

  std::map<InodeId, File> files_;
  std::vector<std::pair<dev_t, File>> freed_;
};

}  // namespace expunge::test

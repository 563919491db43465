#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shred/target.h"

// What lies beneath the archive root; for reading alone.
namespace expunge::shred {

/// One name in a directory.
struct Entry {
  enum class Kind {
    file,
    directory,
    symbolic_link,
    special,     ///< a FIFO, a socket, a device
    mount,       ///< of another file system, or of a part of one: a file or a directory
    unreadable,  ///< `error` says why; of a directory, nothing or not all below it was seen
  };
  std::string_view name;
  Kind kind = Kind::file;
  int error = 0;            ///< an errno value
  std::uint32_t links = 1;  ///< of a file, as the next two
  std::uint64_t bytes = 0;
  std::chrono::sys_seconds changed{};  ///< its mtime
};

/// `file`, `symbolic link`, …: for people.
[[nodiscard]] std::string_view words(Entry::Kind kind);

/// A directory as it was when it was read.
class Listing {
 public:
  explicit Listing(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] const std::string& directory() const { return directory_; }  ///< empty: the root
  /// In the order of their paths' bytes, a directory counting as its name and a slash.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::string path(const Entry& entry) const;
  /// Why not all of it could be read, an errno value; 0: it was.
  [[nodiscard]] int error() const { return error_; }

 private:
  friend Listing list_directory(const ArchiveRoot&, std::string, unsigned);
  std::string_view keep(std::string_view name);

  std::string directory_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> names_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>();
  std::vector<Entry> entries_;
  int error_ = 0;
};

/// Reads one directory beneath the root, and the status of each file in it, on up to `workers`
/// threads. Never throws for what the disk says: that is the listing's error(), or an entry's.
[[nodiscard]] Listing list_directory(const ArchiveRoot& root, std::string directory,
                                     unsigned workers);

struct WalkSteps {
  /// Each directory, before anything in it.
  std::function<void(const Listing& listing)> listing;
  /// Everything but directories that could be read, in the order of the paths' bytes: that of the
  /// index's rows by path.
  std::function<void(const std::string& path, const Entry& entry)> entry;
};

/// Walks through all that lies beneath the root, as open_beneath() reaches it: no symbolic link is
/// followed, no mount entered. Memory holds the listings of one directory and of those above it.
/// Changes nothing. Throws Failure(usage) when the root itself cannot be read.
void walk(const ArchiveRoot& root, unsigned workers, const WalkSteps& steps);

/// What stands at `path` beneath the root just now; an errno value when it cannot be told, ENOENT
/// when there is nothing. Opens nothing for reading. The entry's name is left empty.
[[nodiscard]] std::variant<Entry, int> look_at(const ArchiveRoot& root, const std::string& path);

/// Opens a regular file for reading as whoever looks on: beneath the root, without waiting for
/// anybody's lease or FIFO, and without changing its time of access where that is permitted. The
/// descriptor or an errno value; ELOOP for what is no regular file.
[[nodiscard]] std::variant<base::Fd, int> open_to_look(const ArchiveRoot& root,
                                                       const std::string& path);

}  // namespace expunge::shred

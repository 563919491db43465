#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/sys.h"

namespace expunge::cli {

/// Files that a command makes in a directory: all of them, or, when it fails, none. Each appears
/// under its name only when it is whole and durable.
class OutputFiles {
 public:
  enum class Existing { refuse, replace };

  /// Throws Failure(usage) when `directory` is none, or may not be written.
  OutputFiles(base::Sys& sys, const std::string& directory, Existing existing);
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;
  /// Without keep() removes what was written, but for files that replaced others.
  ~OutputFiles();

  /// Throws Failure(usage), naming the first, when one of these exists and is not to be replaced.
  void check_free(std::span<const std::string> names) const;
  /// Mode 0644. Throws Failure as check_free() does, and when the file cannot be written.
  void write(const std::string& name, std::string_view data);
  /// Appends to `name`, which stands there as `name.new` until publish().
  void append(const std::string& name, std::string_view data);
  void publish(const std::string& name);
  /// Makes the directory `name`, to be filled by write_in(), as `name.new`; publish_directory()
  /// makes it durable and gives it its name. One that it replaces may hold such files alone, whose
  /// names end in `extension`.
  void begin_directory(const std::string& name);
  void write_in(const std::string& directory, const std::string& name, std::string_view data);
  void publish_directory(const std::string& name, std::string_view extension);
  /// All is written that was to be.
  void keep() { written_.clear(); }

  [[nodiscard]] std::string path(const std::string& name) const;

 private:
  base::Sys& sys_;
  std::string directory_;
  Existing existing_;
  std::vector<std::string> written_;  // paths of files and directories
  struct Growing {
    base::Fd fd;
    std::uint64_t bytes = 0;
    std::string buffer;
  };
  std::map<std::string, Growing> growing_;  // by path

  void flush(const std::string& path, Growing& file);
  void rename_into_place(const std::string& beside, const std::string& target);
};

}  // namespace expunge::cli

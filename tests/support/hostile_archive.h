#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace expunge::test {

/// The index as somebody with sqlite3 and no manners writes to it.
class RawIndex {
 public:
  explicit RawIndex(const std::string& path);
  RawIndex(const RawIndex&) = delete;
  RawIndex& operator=(const RawIndex&) = delete;
  ~RawIndex();

  struct RawFile {
    std::string path;
    std::string role = "audio";
    std::optional<std::int64_t> bytes = std::nullopt;
    std::optional<std::string> sha256 = std::nullopt;
  };
  /// Any bytes whatever, NUL included. `key` 0: the next.
  void add(const std::string& id, const std::string& recorded_at, const std::string& department,
           const std::vector<RawFile>& files, std::int64_t key = 0,
           const std::string& call_id = "");
  /// One statement; its parameters, as text.
  void run(const std::string& sql, const std::vector<std::string>& texts = {});

 private:
  void fail(const std::string& what) const;

  void* database_ = nullptr;
};

/// All about a file that changes when anybody does anything to it but read it.
struct Witness {
  std::uint64_t device = 0, inode = 0;
  unsigned mode = 0;
  std::uint64_t links = 0, bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  std::string content;  ///< of a regular file below 1 MiB, or a link's target

  bool operator==(const Witness&) const = default;
};

[[nodiscard]] Witness witness(const std::string& path);
/// Of everything below a directory, by path; does not follow links.
[[nodiscard]] std::map<std::string, Witness> witness_all(const std::string& directory);

/// Where in a tree a text stands in a regular file; empty: nowhere.
[[nodiscard]] std::string find_content(const std::string& directory, const std::string& text);

/// The first byte of a text that a terminal could obey or that hides or reorders something, with
/// what stands around it; empty when there is none. Tabs are such bytes, line ends are not.
[[nodiscard]] std::string unsafe_in(const std::string& text);

}  // namespace expunge::test

#include "residue/ext4_slack.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "residue/ext4_directory.h"
#include "residue/ext4_map.h"
#include "residue/filler_names.h"
#include "shred/beneath.h"

namespace expunge::residue {
namespace {

/// How often a directory is looked through again: a recorder may have split a leaf meanwhile.
constexpr int kRounds = 4;
/// How often a block is read again that was being changed.
constexpr int kReads = 8;
/// In one leaf at a time; far below the 65,000 links that ext4 allows.
constexpr std::size_t kMaxFillers = 2048;

/// The cleaning of one open directory.
class Cleaning {
 public:
  Cleaning(base::Sys& sys, const Ext4Device& device, FillerFile& file, int fd)
      : sys_(sys), device_(device), file_(file), fd_(fd), block_(device.format().block_bytes) {}

  SlackResult run() {
    result_.directories = 1;
    for (int round = 0; round <= kRounds; ++round) {
      const auto mapped = map_directory(sys_, device_, fd_);
      if (const auto* const cause = std::get_if<std::string>(&mapped)) {
        skip(*cause);
        break;
      }
      const bool act = round < kRounds && result_.cause.empty();
      pass(std::get<DirectoryMap>(mapped), act ? Act::yes : Act::no);
      if (round == 0) result_.stale = result_.left;
      if (!act || result_.left == 0) break;
    }
    if (changed_) {
      const int error = -sys_.fsync(fd_);
      if (error != 0) skip("flush: " + base::errno_text(error));
    }
    if (result_.left > 0) blame(unreachable_ ? "no name leads there" : "changing all the time");
    return result_;
  }

 private:
  enum class Act { no, yes };

  void skip(const std::string& cause) {
    result_.skipped = 1;
    blame(cause);
  }
  void blame(const std::string& cause) {
    if (result_.cause.empty()) result_.cause = cause;
  }

  /// Looks at every place, and cleans where that is needed; what it counts as left is what it met.
  void pass(const DirectoryMap& map, Act act) {
    FillerNames names(device_.format(), map.hash_version, map.places.size());
    result_.leaves = map.places.size();
    result_.left = 0;
    result_.small_gaps = 0;
    for (const Place& place : map.places) {
      const auto leaf = look(place);
      if (leaf) result_.small_gaps += leaf->small_stale;
      if (leaf && leaf->stale_gaps == 0 && leaf->fillers.empty()) continue;
      ++result_.left;
      // What one leaf meets (no permission, no space), the next would meet too.
      if (leaf && act == Act::yes && result_.cause.empty()) clean(place, *leaf, names);
    }
  }

  /// All blocks of a place as if they were one; nullopt when one of them cannot be read.
  std::optional<Leaf> look(const Place& place) {
    if (place.blocks.empty()) return std::nullopt;
    Leaf all;
    for (const std::uint64_t offset : place.blocks) {
      auto leaf = look(offset);
      if (!leaf) return std::nullopt;
      all.stale_gaps += leaf->stale_gaps;
      all.small_stale += leaf->small_stale;
      all.gaps.insert(all.gaps.end(), leaf->gaps.begin(), leaf->gaps.end());
      all.fillers.insert(all.fillers.end(), leaf->fillers.begin(), leaf->fillers.end());
    }
    return all;
  }

  std::optional<Leaf> look(std::uint64_t offset_bytes) {
    for (int attempt = 0; attempt < kReads; ++attempt) {
      if (device_.read(offset_bytes, block_) != 0) return std::nullopt;
      auto leaf = read_leaf(block_, device_.format(), file_.inode());
      if (leaf) return leaf;
    }
    return std::nullopt;
  }

  void clean(const Place& place, const Leaf& first, FillerNames& names) {
    for (const std::string& name : first.fillers) {
      take_out(name);
      ++result_.leftovers;
    }
    if (const int error = file_.make(); error != 0) {
      blame(std::string(FillerFile::kName) + ": " + base::errno_text(error));
      return;
    }
    std::vector<std::string> placed;
    for (std::size_t tries = 0; tries < kMaxFillers && put_one(place, names, placed); ++tries) {
    }
    // A crash before or amid these leaves fillers; the next run knows them by their inode.
    for (; !placed.empty(); placed.pop_back()) take_out(placed.back());
  }

  /// Puts in the next filler; false when there is no more to do, or no more can be done.
  bool put_one(const Place& place, FillerNames& names, std::vector<std::string>& placed) {
    const auto leaf = look(place);
    // One that is not there went elsewhere: the leaf was split meanwhile. The next round sees it.
    if (!leaf || leaf->fillers.size() < placed.size()) return false;
    const auto bytes = filler_name_bytes(leaf->gaps);
    if (!bytes) return false;
    const auto name = names.find(*bytes, place.low, place.high);
    if (!name) {
      unreachable_ = true;
      return false;
    }
    const int error = file_.link(fd_, *name);
    if (error == EEXIST) return true;
    // Also after a failure, which may have come after the deed.
    changed_ = true;
    placed.push_back(*name);
    if (error == 0) {
      ++result_.fillers;
      return true;
    }
    blame("link: " + base::errno_text(error));
    return false;
  }

  void take_out(const std::string& name) {
    changed_ = true;
    const int error = file_.unlink(fd_, name);
    // A name of another file's is no filler any more.
    if (error != 0 && error != EEXIST) blame("unlink: " + base::errno_text(error));
  }

  base::Sys& sys_;
  const Ext4Device& device_;
  FillerFile& file_;
  int fd_;
  std::vector<std::byte> block_;
  SlackResult result_;
  bool changed_ = false;
  bool unreachable_ = false;  ///< for some leaf no name was found
};

}  // namespace

SlackResult& SlackResult::operator+=(const SlackResult& other) {
  directories += other.directories;
  skipped += other.skipped;
  leaves += other.leaves;
  stale += other.stale;
  left += other.left;
  small_gaps += other.small_gaps;
  fillers += other.fillers;
  leftovers += other.leftovers;
  if (cause.empty()) cause = other.cause;
  return *this;
}

Ext4Slack::Ext4Slack(const shred::ArchiveRoot& root, Ext4Device device, FillerFile file)
    : root_(&root), device_(std::move(device)), file_(std::move(file)) {}

std::variant<Ext4Slack, std::string> Ext4Slack::open(const shred::ArchiveRoot& root) {
  auto device = Ext4Device::open(root);
  if (auto* const cause = std::get_if<std::string>(&device)) return std::move(*cause);
  auto file = FillerFile::open(root);
  if (auto* const cause = std::get_if<std::string>(&file)) return std::move(*cause);
  return Ext4Slack(root, std::move(std::get<Ext4Device>(device)),
                   std::move(std::get<FillerFile>(file)));
}

SlackResult Ext4Slack::clean(const std::string& directory) {
  const auto opened = shred::open_beneath(*root_, directory.empty() ? "." : directory.c_str(),
                                          O_RDONLY | O_DIRECTORY);
  if (const int* const error = std::get_if<int>(&opened)) {
    SlackResult result;
    if (*error == ENOENT || *error == ENOTDIR) return result;
    result.directories = 1;
    result.skipped = 1;
    result.cause = base::errno_text(*error);
    return result;
  }
  return Cleaning(root_->sys(), device_, file_, std::get<base::Fd>(opened).get()).run();
}

std::string Ext4Slack::finish() {
  return file_.remove();
}

std::string in_words(const SlackResult& result) {
  std::string text = "ext4-directories: ";
  if (result.skipped == 0 && result.left == 0) {
    text += "erased";
    if (result.small_gaps > 0) {
      text += fmt::format(" (all but {} of at most 8 bytes)", result.small_gaps);
    }
    return text;
  }
  text += fmt::format("not erased in {} of {} blocks and {} of {} directories", result.left,
                      result.leaves, result.skipped, result.directories);
  if (!result.cause.empty()) text += " (" + result.cause + ")";
  return text;
}

std::string in_words(const std::string& no_means) {
  return "ext4-directories: not erased (" + no_means + ")";
}

}  // namespace expunge::residue

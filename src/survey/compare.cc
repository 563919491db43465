#include "survey/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <unordered_map>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "plan/plan.h"
#include "shred/walk.h"
#include "survey/contents.h"
#include "survey/name_date.h"

namespace expunge::survey {
namespace {

using archive::IndexedFile;
using shred::Entry;
using Kind = Difference::Kind;

/// The index's rows by path, one after the other.
class Rows {
 public:
  explicit Rows(const archive::Index& index) : index_(index), chunk_(index.files_after("")) {}

  /// nullptr after the last.
  [[nodiscard]] const IndexedFile* current() const {
    return at_ < chunk_.size() ? &chunk_[at_] : nullptr;
  }
  void advance() {
    if (++at_ < chunk_.size()) return;
    const std::string last = chunk_.back().file.path;
    chunk_ = index_.files_after(last);
    at_ = 0;
  }

 private:
  const archive::Index& index_;
  std::vector<IndexedFile> chunk_;
  std::size_t at_ = 0;
};

class Comparing {
 public:
  Comparing(const CompareSetting& setting, const OnDifference& each,
            const std::function<void(std::uint64_t)>& progress)
      : setting_(setting),
        each_(each),
        progress_(progress),
        begun_(plan::in_journal(setting.index)),
        rows_(setting.index) {
    result_.begun = begun_.size();
    if (!setting.contents) return;
    destroyed_.emplace(setting.root.sys(), setting.log);
    result_.no_row_destroyed = 0;
  }

  void read_contents(const shred::Listing& listing);
  void entry(const std::string& path, const Entry& entry);
  void rest();
  void shared_contents();
  [[nodiscard]] const Comparison& result() const { return result_; }

 private:
  void say(const Difference& difference);
  void without_file(const IndexedFile& row);
  void without_row(const std::string& path, const Entry& entry);
  void both(const IndexedFile& row, const Entry& entry);
  void odd(const std::string& path, const std::string& recording, const Entry& entry);
  void compare_content(const std::string& path, const IndexedFile* row, const Entry& entry);
  [[nodiscard]] std::optional<DestroyedContents::Found> destroyed_as(const std::string& path,
                                                                     const Entry& entry) const;

  const CompareSetting& setting_;
  const OnDifference& each_;
  const std::function<void(std::uint64_t)>& progress_;
  plan::KeySet begun_;  ///< by a run that was interrupted, or is on
  Rows rows_;
  Comparison result_;
  std::optional<DestroyedContents> destroyed_;
  SharedContents shared_;
  /// Read, and not yet compared: of the directory at hand and those above it.
  std::unordered_map<std::string, std::variant<base::Digest, int>> contents_;
};

void Comparing::say(const Difference& difference) {
  ++result_.counts[static_cast<std::size_t>(difference.kind)];
  each_(difference);
}

void Comparing::read_contents(const shred::Listing& listing) {
  std::vector<std::string> paths;
  for (const Entry& entry : listing.entries()) {
    if (entry.kind == Entry::Kind::file) paths.push_back(listing.path(entry));
  }
  std::vector<std::variant<base::Digest, int>> read(paths.size());
  base::parallel_for(paths.size(), setting_.workers,
                     [&](std::size_t i) { read[i] = read_content(setting_.root, paths[i]); });
  for (std::size_t i = 0; i < paths.size(); ++i) contents_.emplace(std::move(paths[i]), read[i]);
}

void Comparing::entry(const std::string& path, const Entry& entry) {
  if (entry.kind == Entry::Kind::file) {
    ++result_.files;
    if (progress_) progress_(result_.files);
  }
  for (; rows_.current() != nullptr && rows_.current()->file.path < path; rows_.advance()) {
    without_file(*rows_.current());
  }
  if (const IndexedFile* const row = rows_.current(); row != nullptr && row->file.path == path) {
    ++result_.rows;
    both(*row, entry);
    rows_.advance();
  } else {
    without_row(path, entry);
  }
  contents_.erase(path);
}

void Comparing::rest() {
  for (; rows_.current() != nullptr; rows_.advance()) without_file(*rows_.current());
}

/// A row whose path was not met. It may be below a link or a mount, have come since, or have gone
/// with its row.
void Comparing::without_file(const IndexedFile& row) {
  ++result_.rows;
  const std::string& path = row.file.path;
  const auto now = shred::look_at(setting_.root, path);
  if (const auto* const entry = std::get_if<Entry>(&now)) return both(row, *entry);
  const int error = std::get<int>(now);
  const auto still = setting_.index.file_at(path);
  if (!still || (error == ENOENT && begun_.contains(row.recording_key))) return;
  Difference difference{error == ENOENT ? Kind::no_file : Kind::unreadable, path, row.recording_id};
  difference.indexed_bytes = row.file.bytes;
  if (error != ENOENT) {
    difference.detail = error == EINVAL
                            ? "its path could leave the root; expunge plan says what can be done"
                            : base::errno_text(error);
  } else if (still->missing_seq) {
    difference.detail = fmt::format("log entry {} says so", *still->missing_seq);
  }
  // Perhaps it goes by another name now.
  if (setting_.contents && row.file.sha256) shared_.add(path, *row.file.sha256);
  say(difference);
}

void Comparing::without_row(const std::string& path, const Entry& entry) {
  if (entry.kind != Entry::Kind::file) return odd(path, "", entry);
  const auto still = shred::look_at(setting_.root, path);
  if (std::holds_alternative<int>(still) && std::get<int>(still) == ENOENT) return;
  if (const auto row = setting_.index.file_at(path)) return both(*row, entry);
  Difference difference{Kind::no_row, path, ""};
  difference.bytes = entry.bytes;
  difference.looks_from = date_in_name(path);
  difference.by_name = difference.looks_from.has_value();
  if (!difference.by_name) {
    difference.looks_from = setting_.schedule.time_zone.civil_date(entry.changed);
  }
  if (entry.links > 1) {
    difference.detail = fmt::format("{} names", entry.links);
  } else if (!base::is_utf8(path)) {
    difference.detail = "its path is not UTF-8, and cannot stand in the index";
  }
  auto& years = difference.by_name ? result_.no_row_by_name : result_.no_row_by_change;
  ++years[static_cast<int>(difference.looks_from->year())];
  result_.no_row_bytes += entry.bytes;
  const auto& departments = setting_.schedule.departments;
  const bool overdue = std::all_of(departments.begin(), departments.end(), [&](const auto& each) {
    return policy::due_day(*difference.looks_from, each.period) <= setting_.today;
  });
  if (overdue) ++result_.no_row_overdue;
  if (const auto found = destroyed_as(path, entry)) {
    ++*result_.no_row_destroyed;
    if (!difference.detail.empty()) difference.detail += "; ";
    difference.detail += fmt::format("what it holds was destroyed once, as recording {}",
                                     base::printable(found->recording));
  }
  say(difference);
  if (setting_.contents) compare_content(path, nullptr, entry);
}

void Comparing::odd(const std::string& path, const std::string& recording, const Entry& entry) {
  const bool unreadable = entry.kind == Entry::Kind::unreadable;
  Difference difference{unreadable ? Kind::unreadable : Kind::not_regular, path, recording};
  difference.detail = unreadable ? base::errno_text(entry.error) : std::string(words(entry.kind));
  say(difference);
}

void Comparing::both(const IndexedFile& row, const Entry& entry) {
  const std::string& path = row.file.path;
  if (entry.kind != Entry::Kind::file) return odd(path, row.recording_id, entry);
  Difference difference{Kind::size, path, row.recording_id};
  difference.bytes = entry.bytes;
  difference.indexed_bytes = row.file.bytes;
  const bool is_begun = begun_.contains(row.recording_key);
  if (row.file.bytes && *row.file.bytes != entry.bytes && !is_begun) {
    const auto now = setting_.index.file_at(path);
    if (!now || now->file.bytes != row.file.bytes) return;  // a run has changed both since
    difference.detail = entry.bytes > *row.file.bytes ? "it has grown" : "it has shrunk";
    say(difference);
    difference.detail.clear();
  }
  if (row.state == archive::State::returned) {
    difference.kind = Kind::returned;
    say(difference);
  }
  if (entry.links > 1) {
    difference.kind = Kind::several_names;
    difference.detail = fmt::format("{} names", entry.links);
    say(difference);
  }
  if (setting_.contents && !is_begun) compare_content(path, &row, entry);
}

/// What the log says of a file's content, if it was destroyed once; of one that was not read or is
/// too small, nothing.
std::optional<DestroyedContents::Found> Comparing::destroyed_as(const std::string& path,
                                                                const Entry& entry) const {
  const auto at = contents_.find(path);
  if (at == contents_.end() || entry.bytes < kMinComparedBytes) return std::nullopt;
  const auto* const digest = std::get_if<base::Digest>(&at->second);
  return digest != nullptr ? destroyed_->find(*digest) : std::nullopt;
}

void Comparing::compare_content(const std::string& path, const IndexedFile* row,
                                const Entry& entry) {
  const auto at = contents_.find(path);
  if (at == contents_.end()) return;  // it came after its directory was read
  Difference difference{Kind::unreadable, path, row == nullptr ? "" : row->recording_id};
  difference.bytes = entry.bytes;
  if (const int* const error = std::get_if<int>(&at->second)) {
    if (*error == ENOENT) return;
    difference.detail = base::errno_text(*error);
    return say(difference);
  }
  ++result_.read;
  const auto& digest = std::get<base::Digest>(at->second);
  if (row != nullptr && row->file.sha256 && *row->file.sha256 != digest) {
    difference.kind = Kind::content;
    difference.detail = "SHA-256 " + base::to_hex(digest);
    say(difference);
  }
  if (entry.bytes < kMinComparedBytes) return;
  if (const auto found = destroyed_as(path, entry)) {
    difference.kind = Kind::destroyed_content;
    difference.recording = found->recording;
    difference.detail = fmt::format("log entry {}", found->seq);
    if (row == nullptr) difference.sha256 = digest;
    say(difference);
  }
  shared_.add(path, digest);
}

void Comparing::shared_contents() {
  if (!setting_.contents || !shared_.settle()) return;
  shred::walk(setting_.root, setting_.workers,
              {{}, [&](const std::string& path, const Entry& entry) {
                 if (entry.kind != Entry::Kind::file) return;
                 const auto content = shared_.shared(path);
                 if (!content) return;
                 const auto row = setting_.index.file_at(path);
                 Difference difference{Kind::same_content, path, row ? row->recording_id : ""};
                 difference.bytes = entry.bytes;
                 difference.detail = fmt::format("content {:016x}", *content);
                 say(difference);
               }});
}

}  // namespace

std::uint64_t Comparison::differences() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Comparison compare(const CompareSetting& setting, const OnDifference& each,
                   const std::function<void(std::uint64_t files)>& progress) {
  Comparing comparing(setting, each, progress);
  shred::WalkSteps steps;
  if (setting.contents) {
    steps.listing = [&](const shred::Listing& listing) { comparing.read_contents(listing); };
  }
  steps.entry = [&](const std::string& path, const Entry& entry) { comparing.entry(path, entry); };
  shred::walk(setting.root, setting.workers, steps);
  comparing.rest();
  comparing.shared_contents();
  return comparing.result();
}

}  // namespace expunge::survey

#include "survey/contents.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace expunge::survey {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

std::uint64_t begin_of(const base::Digest& digest) {
  std::uint64_t begin = 0;
  std::memcpy(&begin, digest.data(), sizeof begin);
  return begin;
}

/// Calls `each` with the SHA-256, in hex, of every file that an entry names.
template <typename Each>
void for_each_sha256(const audit::EntryView& entry, const Each& each) {
  if (entry.type != "destroy" && entry.type != "remove") return;
  const auto json = nlohmann::json::parse(entry.line, nullptr, false);
  const auto files = json.is_object() ? json.find("files") : json.end();
  if (files == json.end() || !files->is_array()) return;
  for (const auto& file : *files) {
    if (!file.is_object()) continue;
    if (const auto sha256 = file.find("sha256"); sha256 != file.end() && sha256->is_string()) {
      each(sha256->template get_ref<const std::string&>());
    }
  }
}

}  // namespace

std::variant<base::Digest, int> read_content(const shred::ArchiveRoot& root,
                                             const std::string& path) {
  const auto opened = shred::open_to_look(root, path);
  if (const int* const error = std::get_if<int>(&opened)) return *error;
  const int fd = std::get<base::Fd>(opened).get();
  base::Sha256 sha256;
  std::vector<std::byte> buffer(kReadBytes);
  for (std::uint64_t offset = 0;;) {
    const ssize_t count =
        root.sys().pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count == -EINTR) continue;
    if (count < 0) return static_cast<int>(-count);
    if (count == 0) return sha256.finish();
    sha256.update(std::span(buffer).first(static_cast<std::size_t>(count)));
    offset += static_cast<std::uint64_t>(count);
  }
}

DestroyedContents::DestroyedContents(base::Sys& sys, audit::LogPlace place)
    : sys_(sys), place_(std::move(place)) {
  audit::for_each_entry(sys_, place_, 0, [&](const audit::EntryView& entry) {
    for_each_sha256(entry, [&](const std::string& hex) {
      const auto bytes = base::from_hex(hex);
      if (!bytes || bytes->size() != base::Digest().size()) return;
      std::uint64_t begin = 0;
      std::memcpy(&begin, bytes->data(), sizeof begin);
      files_.emplace_back(begin, entry.seq);
    });
    return true;
  });
  std::sort(files_.begin(), files_.end());
}

std::optional<DestroyedContents::Found> DestroyedContents::find(const base::Digest& digest) const {
  const std::uint64_t begin = begin_of(digest);
  const std::string hex = base::to_hex(digest);
  auto at = std::upper_bound(files_.begin(), files_.end(), std::pair(begin, UINT64_MAX));
  while (at != files_.begin() && std::prev(at)->first == begin) {
    --at;
    std::optional<Found> found;
    audit::for_each_entry(sys_, place_, at->second, [&](const audit::EntryView& entry) {
      for_each_sha256(entry, [&](const std::string& each) {
        if (each == hex) found = Found{std::string(audit::recording_of(entry)), entry.seq};
      });
      return false;
    });
    if (found) return found;
  }
  return std::nullopt;
}

std::uint64_t SharedContents::mark(const std::string& path) {
  return begin_of(sha256_.update(path).finish());
}

void SharedContents::add(const std::string& path, const base::Digest& digest) {
  files_.emplace_back(begin_of(digest), mark(path));
}

bool SharedContents::settle() {
  std::sort(files_.begin(), files_.end());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> shared;  // path's, content's
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const bool as_before = i > 0 && files_[i - 1].first == files_[i].first;
    const bool as_next = i + 1 < files_.size() && files_[i + 1].first == files_[i].first;
    if (as_before || as_next) shared.emplace_back(files_[i].second, files_[i].first);
  }
  std::sort(shared.begin(), shared.end());
  files_ = std::move(shared);
  return !files_.empty();
}

std::optional<std::uint64_t> SharedContents::shared(const std::string& path) {
  const std::uint64_t wanted = mark(path);
  const auto at =
      std::lower_bound(files_.begin(), files_.end(), std::pair(wanted, std::uint64_t{0}));
  if (at == files_.end() || at->first != wanted) return std::nullopt;
  return at->second;
}

}  // namespace expunge::survey

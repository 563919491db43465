#include "intake/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "archive/adopt.h"
#include "base/error.h"
#include "base/text.h"
#include "intake/audio_length.h"
#include "intake/row.h"
#include "intake/scan_names.h"
#include "shred/walk.h"

namespace expunge::intake {
namespace {

using std::chrono::sys_seconds;
using Kind = ScanNote::Kind;
using shred::Entry;

/// A file of the directory at hand, and whose it is: the digest of call_of().
struct Member {
  base::Digest call;
  std::size_t entry;
};

/// A file of the call at hand. `captured` points into `path`.
struct File {
  std::string path;
  const Entry* entry = nullptr;
  Captured captured;
  std::optional<archive::IndexedFile> known;
  std::optional<sys_seconds> named;  ///< as its path says it, without the audio's length
  archive::ImportRow row;
};

class Scan {
 public:
  Scan(const shred::ArchiveRoot& root, const archive::Index& index, const ScanOptions& options,
       archive::Importer& importer, const ScanEvents& events)
      : root_(root), index_(index), options_(options), importer_(importer), events_(events) {}

  void directory(const shred::Listing& listing);
  void other(const std::string& path, const Entry& entry);
  [[nodiscard]] ScanResult& result() { return result_; }

 private:
  void note(Kind kind, const std::string& path, std::string cause);
  /// Whether the pattern fits; says so when it does not and the index has not the file either.
  bool fits(const std::string& path, Captured& captured);
  std::vector<Member> members_of(const shred::Listing& listing);
  void take_call(const shred::Listing& listing, std::span<const Member> members);
  bool still_written(const Entry& entry) const;
  /// Fills in the file's row; why that cannot be done, in words.
  std::optional<std::string> read(File& file, const std::string& call_key);
  std::optional<std::string> read_time(File& file, std::string& recorded_at, bool& is_start);
  void add_length(File& file);
  std::optional<sys_seconds> named_by(const archive::Recording& recording) const;
  void join_other_directories(std::vector<File>& files, std::optional<sys_seconds>& ended);
  void put(std::vector<File>& files);

  const shred::ArchiveRoot& root_;
  const archive::Index& index_;
  const ScanOptions& options_;
  archive::Importer& importer_;
  const ScanEvents& events_;
  ScanResult result_;
  base::Sha256 sha256_;
};

void Scan::note(Kind kind, const std::string& path, std::string cause) {
  ++result_.notes[static_cast<std::size_t>(kind)];
  events_.note({kind, path, std::move(cause)});
}

bool Scan::fits(const std::string& path, Captured& captured) {
  captured = {};
  if (!base::is_utf8(path)) {
    note(Kind::unmatched, path, "its path is not UTF-8, and cannot stand in the index");
    return false;
  }
  if (options_.pattern == nullptr) return true;
  switch (options_.pattern->match(path, captured)) {
    case ScanPattern::Match::yes:
      return true;
    case ScanPattern::Match::no:
      if (index_.file_at(path)) {
        ++result_.known;  // by another pattern, or the recorder's own list
      } else {
        note(Kind::unmatched, path, "the pattern does not fit");
      }
      return false;
    case ScanPattern::Match::too_costly:
      break;
  }
  note(Kind::unmatched, path, "the pattern takes too many steps to be tried on it");
  return false;
}

/// By call, in the order of each call's first file.
std::vector<Member> Scan::members_of(const shred::Listing& listing) {
  std::vector<Member> members;
  Captured captured;
  for (std::size_t i = 0; i < listing.entries().size(); ++i) {
    const Entry& entry = listing.entries()[i];
    if (entry.kind != Entry::Kind::file) continue;
    ++result_.files;
    if (events_.progress) events_.progress(result_.files);
    const std::string path = listing.path(entry);
    if (!options_.without.contains(path) && fits(path, captured)) {
      members.push_back({sha256_.update(call_of(path, captured)).finish(), i});
    }
  }
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::tie(a.call, a.entry) < std::tie(b.call, b.entry);
  });
  return members;
}

void Scan::directory(const shred::Listing& listing) {
  const std::vector<Member> members = members_of(listing);
  std::vector<std::span<const Member>> calls;
  for (std::size_t begin = 0; begin < members.size();) {
    std::size_t end = begin + 1;
    while (end < members.size() && members[end].call == members[begin].call) ++end;
    calls.emplace_back(members.data() + begin, end - begin);
    begin = end;
  }
  std::sort(calls.begin(), calls.end(),
            [](const auto& a, const auto& b) { return a.front().entry < b.front().entry; });
  for (const auto& call : calls) take_call(listing, call);
}

void Scan::other(const std::string& path, const Entry& entry) {
  if (entry.kind == Entry::Kind::file) return;
  if (entry.kind == Entry::Kind::unreadable) {
    return note(Kind::unreadable, path, base::errno_text(entry.error));
  }
  note(Kind::not_regular, path, fmt::format("it is a {}", words(entry.kind)));
}

bool Scan::still_written(const Entry& entry) const {
  // A time further ahead than that is a clock's fault, and would never pass.
  return entry.changed > options_.now - options_.settled &&
         entry.changed <= options_.now + options_.settled;
}

void Scan::take_call(const shred::Listing& listing, std::span<const Member> members) {
  std::vector<File> files(members.size());
  bool nothing_new = true;
  bool wait = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    File& file = files[i];
    file.entry = &listing.entries()[members[i].entry];
    file.path = listing.path(*file.entry);
    if (options_.pattern != nullptr &&
        options_.pattern->match(file.path, file.captured) != ScanPattern::Match::yes) {
      file.captured = {};
    }
    file.known = index_.file_at(file.path);
    const bool settled_before = file.known && (file.known->dated || options_.pattern == nullptr);
    nothing_new = nothing_new && settled_before;
    wait = wait || still_written(*file.entry);
  }
  if (nothing_new) {
    result_.known += files.size();
    return;
  }
  if (wait) {
    result_.being_written += files.size();
    return;
  }
  const std::string path_key = std::string(archive::kPathKey) + base::to_hex(members.front().call);
  for (File& file : files) {
    if (auto cause = read(file, path_key)) return note(Kind::refused, file.path, std::move(*cause));
  }
  put(files);
}

std::optional<std::string> Scan::read_time(File& file, std::string& recorded_at, bool& is_start) {
  std::string fault;
  const auto named = time_of(file.captured, fault);
  if (!named) return fault;
  recorded_at = named->text;
  is_start = named->has_time_of_day;
  return std::nullopt;
}

std::optional<std::string> Scan::read(File& file, const std::string& path_key) {
  // Where nobody knows the department the row has none, and what checks rows wants one.
  constexpr std::string_view kNobodyKnows = "unknown";
  const Captured& captured = file.captured;
  const bool by_group = options_.pattern != nullptr && options_.pattern->has(Group::department);
  std::string_view department = by_group ? captured.at(Group::department) : options_.department;
  std::string_view unmapped;
  if (by_group && options_.department_map != nullptr) {
    if (const auto mapped = options_.department_map->find(department)) {
      unmapped = std::exchange(department, *mapped);
    }
  }
  const bool unknown = department.empty() && (!by_group || !unmapped.empty());
  const bool has_id = options_.pattern != nullptr && options_.pattern->has(Group::id);
  if (has_id && captured.at(Group::id).empty()) return "the group id found nothing";
  std::string recorded_at;
  bool is_start = false;
  if (auto cause = read_time(file, recorded_at, is_start)) return cause;
  const std::string role = role_of(file.path, captured);

  RawRow raw(kColumnCount);
  const auto set = [&](Column column, std::string_view text) {
    raw[static_cast<std::size_t>(column)] = text;
  };
  set(Column::id, has_id ? captured.at(Group::id) : std::string_view(path_key));
  set(Column::department, unknown ? kNobodyKnows : department);
  set(Column::recorded_at, recorded_at);
  set(Column::path, file.path);
  set(Column::role, role);
  set(Column::subject, captured.at(Group::subject));
  set(Column::agent, captured.at(Group::agent));
  set(Column::call_id, captured.at(Group::call));
  if (auto cause = parse_row(raw, &options_.zone, file.row)) return cause;
  if (unknown) file.row.department.clear();
  file.row.unmapped_department = unmapped;
  file.row.file.bytes = file.entry->bytes;
  file.named = file.row.recorded_at;
  if (file.row.recorded_at && is_start && role.starts_with("audio")) add_length(file);
  return std::nullopt;
}

void Scan::add_length(File& file) {
  const auto opened = shred::open_to_look(root_, file.path);
  if (const int* const error = std::get_if<int>(&opened)) {
    return note(Kind::unmeasured, file.path, base::errno_text(*error));
  }
  if (const auto length = audio_length(std::get<base::Fd>(opened).get())) {
    *file.row.recorded_at += *length;
  } else {
    note(Kind::unmeasured, file.path, "no audio file whose length can be read");
  }
}

/// The latest time that the paths of its files have; nullopt: none has any.
std::optional<sys_seconds> Scan::named_by(const archive::Recording& recording) const {
  std::optional<sys_seconds> latest;
  for (const archive::File& file : recording.files) {
    Captured captured;
    if (options_.pattern->match(file.path, captured) != ScanPattern::Match::yes) continue;
    std::string fault;
    const auto named = time_of(captured, fault);
    std::optional<sys_seconds> instant;
    if (named && !parse_recorded_at(named->text, &options_.zone, instant)) {
      latest = std::max(latest, instant);
    }
  }
  return latest;
}

/// Of one id files may lie in several directories, which are met one after the other: audio here,
/// transcripts there. Where their paths have one time, the audio's end is the recording's date,
/// whichever comes first.
void Scan::join_other_directories(std::vector<File>& files, std::optional<sys_seconds>& ended) {
  if (options_.pattern == nullptr || !options_.pattern->has(Group::id)) return;
  std::optional<sys_seconds> named;
  for (const File& file : files) named = std::max(named, file.named);
  if (!named) return;
  const auto there = importer_.recording_of(files.front().row.id);
  if (!there || !there->recorded_at || named_by(*there) != named) return;
  // Any other date was not made of that time: a person gave it, which stands; or a list, and then
  // its row and the paths contradict each other.
  const bool by_name =
      *there->recorded_at >= *named && *there->recorded_at - *named <= kMaxAudioLength;
  if (!by_name && !importer_.is_date_corrected(there->key)) return;
  for (File& file : files) file.row.is_same_call = true;
  ended = by_name ? std::max(ended, there->recorded_at) : std::nullopt;
}

void Scan::put(std::vector<File>& files) {
  std::optional<sys_seconds> ended;
  std::optional<sys_seconds> changed;
  const archive::IndexedFile* sibling = nullptr;
  for (const File& file : files) {
    ended = std::max(ended, file.row.recorded_at);
    changed = std::max(changed, std::optional(file.entry->changed));
    if (file.known && sibling == nullptr) sibling = &*file.known;
  }
  const bool by_mtime = !ended && options_.trust_mtime;
  if (by_mtime) {
    ended = changed;
  } else if (sibling == nullptr) {
    join_other_directories(files, ended);
  }
  const std::uint64_t added = importer_.counts().added;
  for (File& file : files) {
    if (file.known && (file.known->dated || options_.pattern == nullptr)) {
      ++result_.known;
      continue;
    }
    file.row.recorded_at = ended;
    if (sibling != nullptr) {
      // Whatever brought the recording in knows its key, and when it was.
      file.row.id = sibling->source_id.empty() ? sibling->recording_id : sibling->source_id;
      if (sibling->dated) file.row.recorded_at.reset();
      if (!sibling->department.empty()) file.row.department = sibling->department;
    }
    if (auto cause = importer_.add(file.row)) note(Kind::refused, file.path, std::move(*cause));
  }
  if (by_mtime) ++result_.dated_by_mtime;
  if (!ended) result_.undated += importer_.counts().added - added;
}

}  // namespace

ScanResult scan(const shred::ArchiveRoot& root, const archive::Index& index,
                const ScanOptions& options, BadRows bad_rows, archive::Importer& importer,
                const ScanEvents& events) {
  Scan scan(root, index, options, importer, events);
  shred::walk(root, options.workers,
              {[&](const shred::Listing& listing) { scan.directory(listing); },
               [&](const std::string& path, const Entry& entry) { scan.other(path, entry); }});
  ScanResult& result = scan.result();
  result.counts = importer.counts();
  if (result.count(Kind::refused) == 0 || bad_rows == BadRows::skip) {
    importer.commit();
    result.committed = true;
  }
  return result;
}

}  // namespace expunge::intake

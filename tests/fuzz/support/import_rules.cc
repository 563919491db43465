#include "fuzz/support/import_rules.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "fuzz/support/input.h"
#include "fuzz/support/made_index.h"
#include "intake/import.h"
#include "intake/recorder.h"

namespace expunge::fuzz {
namespace {

/// Nothing that a terminal obeys, in one line.
void check_message(std::string_view message) {
  EXPUNGE_ASSERT(!message.empty());
  EXPUNGE_ASSERT(base::is_utf8(message));
  EXPUNGE_ASSERT(std::none_of(message.begin(), message.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
  }));
  // Row by row there may be a hundred: each is a line, not a page.
  EXPUNGE_ASSERT(message.size() < 8192);
}

bool is_plain(std::string_view text) {
  return base::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
         });
}

void check_row(const archive::ImportRow& row, bool of_recorder) {
  using namespace std::chrono;
  EXPUNGE_ASSERT(!row.id.empty() && row.id.size() <= 128);
  EXPUNGE_ASSERT(std::all_of(row.id.begin(), row.id.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
  }));
  EXPUNGE_ASSERT((of_recorder || !row.department.empty()) && row.department.size() <= 128);
  EXPUNGE_ASSERT(is_plain(row.department));
  for (const std::string& text : {row.subject, row.agent, row.call_id}) {
    EXPUNGE_ASSERT(text.size() <= 256 && is_plain(text));
  }
  for (const auto* texts : {&row.further_subjects, &row.further_agents}) {
    for (const std::string& text : *texts) {
      EXPUNGE_ASSERT(!text.empty() && text.size() <= 256 && is_plain(text));
    }
  }
  const std::string& path = row.file.path;
  EXPUNGE_ASSERT(!path.empty() && path.size() <= 4095 && base::is_utf8(path));
  EXPUNGE_ASSERT(path.find('\0') == std::string::npos);
  // One file has one path, beneath the root but for `..`.
  const std::string framed = "/" + path + "/";
  EXPUNGE_ASSERT(framed.find("//") == std::string::npos);
  EXPUNGE_ASSERT(framed.find("/./") == std::string::npos);
  const std::string& role = row.file.role;
  EXPUNGE_ASSERT(!role.empty() && role.size() <= 16);
  EXPUNGE_ASSERT(role.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                 std::string::npos);
  EXPUNGE_ASSERT(!row.file.bytes || *row.file.bytes <= INT64_MAX);
  if (!row.recorded_at) return;
  // What goes into the index must come back from it.
  EXPUNGE_ASSERT(base::parse_instant(base::to_text(*row.recorded_at)) == row.recorded_at);
}

struct Outcome {
  std::uint64_t rows = 0, bad = 0, last_line = 0;
  std::string failure, all;
};

Outcome read(std::string_view text, const intake::ReadOptions& options) {
  Outcome outcome;
  std::istringstream in{std::string(text)};
  const auto at_line = [&](std::uint64_t line) {
    EXPUNGE_ASSERT(line >= 1 && line >= outcome.last_line);
    outcome.last_line = line;
    outcome.all += std::to_string(line) + " ";
  };
  const auto on_row = [&](std::uint64_t line, const archive::ImportRow& row) {
    at_line(line);
    ++outcome.rows;
    check_row(row, options.recorder != nullptr);
    outcome.all += row.id + "\t" + row.department + "\t" + row.file.path + "\t" + row.subject +
                   (row.recorded_at ? base::to_text(*row.recorded_at) : "no date") + "\n";
  };
  const auto on_bad = [&](const intake::BadRow& bad) {
    at_line(bad.line);
    ++outcome.bad;
    check_message(bad.cause);
    outcome.all += bad.cause + "\n";
  };
  try {
    intake::read_rows(in, options, on_row, on_bad);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
    check_message(failure.what());
    outcome.failure = failure.what();
  }
  return outcome;
}

/// Into an index and again: what was taken is there, and the second time changes nothing.
void import_twice(std::string_view text, const intake::ReadOptions& options) {
  const auto shared =
      options.recorder == nullptr ? archive::SharedFiles::refuse : archive::SharedFiles::merge;
  static const std::string kPath = scratch_directory() + "/import.db";
  put_file(kPath, empty_index());
  std::uint64_t rows = 0;
  for (const bool again : {false, true}) {
    archive::Index index = archive::Index::open(kPath, archive::Index::Access::write, kOrigin);
    archive::Importer importer(
        index, {archive::OpaqueIds::no, shared}, [](const std::string&) { return false; },
        std::chrono::year{2026} / 11 / 23);
    std::istringstream in{std::string(text)};
    const auto result =
        intake::import_rows(in, options, intake::BadRows::skip, importer,
                            [](const intake::BadRow& bad) { check_message(bad.cause); });
    EXPUNGE_ASSERT(result.committed && result.counts.added <= result.counts.rows);
    if (again) {
      EXPUNGE_ASSERT(result.counts.rows == rows);
      EXPUNGE_ASSERT(result.counts.added == 0 && result.counts.changed == 0);
      continue;
    }
    rows = result.counts.rows;
    std::uint64_t recordings = 0;
    index.scan([&](const archive::Recording& recording) {
      ++recordings;
      EXPUNGE_ASSERT(!recording.files.empty() && recording.files.size() <= archive::kMaxFiles);
      return true;
    });
    EXPUNGE_ASSERT(recordings == result.counts.added);
  }
  drop_file(kPath);
  drop_file(kPath + "-journal");
}

}  // namespace

void read_import(intake::Format format, const std::uint8_t* data, std::size_t size) {
  static const auto kLondon = policy::TimeZone::find("Europe/London");
  Input input(data, size);
  const unsigned flags = input.byte();
  intake::ReadOptions options{"export", format, {}, {}};
  if ((flags & 1U) != 0) options.local_time_zone = kLondon;
  // The columns renamed, as a line of the input says: ours=theirs,ours=theirs
  if ((flags & 2U) != 0) {
    Input renames(data + 1, static_cast<std::size_t>(input.text_until("\n").size()));
    while (!renames.empty()) {
      const std::string_view one = renames.text_until(",");
      const auto equals = one.find('=');
      if (equals == std::string_view::npos) continue;
      options.columns.renamed[std::string(one.substr(0, equals))] = one.substr(equals + 1);
    }
  }
  const std::string_view text = input.rest();
  const Outcome outcome = read(text, options);
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n') +
                                                std::count(text.begin(), text.end(), '\r') + 1);
  EXPUNGE_ASSERT(outcome.rows + outcome.bad <= lines);
  EXPUNGE_ASSERT(outcome.last_line <= lines);
  if ((flags & 8U) != 0 && outcome.failure.empty()) import_twice(text, options);
  if ((flags & 4U) != 0 && text.substr(0, 3) != "\xef\xbb\xbf" && text.substr(0, 2) != "\xff\xfe" &&
      text.substr(0, 2) != "\xfe\xff") {
    // A byte order mark says nothing.
    const Outcome marked = read("\xef\xbb\xbf" + std::string(text), options);
    EXPUNGE_ASSERT(marked.failure == outcome.failure && marked.all == outcome.all);
  }
}

void read_recorder(const std::uint8_t* data, std::size_t size) {
  static const auto kLondon = policy::TimeZone::find("Europe/London");
  Input input(data, size);
  const unsigned flags = input.byte();
  intake::ReadOptions options;
  options.name = "export";
  options.recorder = &intake::recorders()[flags & 3U];
  options.format = (flags & 4U) != 0 ? intake::Format::json_lines : options.recorder->format;
  options.local_time_zone = kLondon;
  options.paths.root = "/srv/recordings";
  options.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
  if ((flags & 8U) != 0) {
    std::istringstream map{std::string(input.text_until(std::string_view("\0", 1)))};
    try {
      options.department_map = intake::DepartmentMap::read(map, "map");
    } catch (const base::Failure& failure) {
      check_message(failure.what());
    }
  }
  if ((flags & 16U) != 0) options.department_column = "directory";
  const std::string_view text = input.rest();
  std::istringstream in{std::string(text)};
  try {
    intake::read_rows(
        in, options,
        [&](std::uint64_t, const archive::ImportRow& row) {
          check_row(row, true);
          EXPUNGE_ASSERT(!row.recorded_at ||
                         *row.recorded_at <= options.now + std::chrono::days{1});
        },
        [](const intake::BadRow& bad) { check_message(bad.cause); });
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
    check_message(failure.what());
    return;
  }
  if ((flags & 32U) != 0) import_twice(text, options);
}

}  // namespace expunge::fuzz

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>

#include "archive/importer.h"
#include "intake/department_map.h"
#include "intake/path_rule.h"
#include "policy/time_zone.h"

namespace expunge::intake {

enum class Format {
  csv,         ///< RFC 4180, UTF-8, a header row
  tsv,         ///< as `mysql --batch` writes it: tabs, \t \n \\ within, NULL, a header row
  json_lines,  ///< an object a line, UTF-8
};

/// What a recorder's export calls our columns; those not named here go by our own name.
struct Columns {
  std::map<std::string, std::string> renamed;  ///< ours to theirs: recorded_at to calldate
};

struct Recorder;

struct ReadOptions {
  std::string name;  ///< of the source, as messages call it: a path, or `standard input`
  Format format = Format::csv;
  Columns columns;
  /// In which times without an offset are meant; unset: such a time makes its row bad.
  std::optional<policy::TimeZone> local_time_zone;
  /// Whose export it is; nullptr: its columns are ours, as `columns` renames them.
  const Recorder* recorder = nullptr;
  std::optional<DepartmentMap> department_map{};
  /// Of the source, or `directory`, for the path's; empty: the recorder's usual, or ours.
  std::string department_column{};
  PathRule paths{};
  /// A recorder's time later than a day after it is no date.
  std::chrono::sys_seconds now = std::chrono::sys_seconds::max();
};

/// What was neither handed on nor bad.
struct ReadCounts {
  std::uint64_t without_file = 0;  ///< rows of a recorder that has no file for them, or none now
};

/// A row that cannot be taken, by the line (from 1) on which it begins, and why, in words.
struct BadRow {
  std::uint64_t line = 0;
  std::string cause;
};

using OnRow = std::function<void(std::uint64_t line, const archive::ImportRow& row)>;
using OnBadRow = std::function<void(const BadRow& bad)>;

/// Reads an import file to its end and hands on every row, in order, to one of the two. Memory does
/// not grow with the file, nor beyond a few MiB with what one row holds. The object passed is
/// reused.
///
/// The columns are id, department, recorded_at and path, which must be there, and role, subject,
/// agent, call_id, bytes and sha256; others are ignored. A recorder's export has its own (see
/// recorder.h). Lines are the file's own: a quoted field with line breaks spans several.
///
/// Throws Failure(usage), naming the source, when it cannot be read, when the columns are not as
/// they must be (the message lists those there are), and when it cannot be told any more where rows
/// begin: a quote that is never closed, or a CSV row of more than 1 MiB. Rows may have been handed
/// on by then. A row of JSON Lines or TSV as long is merely bad.
ReadCounts read_rows(std::istream& in, const ReadOptions& options, const OnRow& on_row,
                     const OnBadRow& on_bad);

}  // namespace expunge::intake

#include "intake/column.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "intake/recorder.h"

namespace expunge::intake {
namespace {

std::string column_list(const std::vector<std::string_view>& header) {
  std::string list;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (i != 0) list += ", ";
    if (list.size() > 1000) return list + "...";
    list += base::printable(header[i]);
  }
  return list;
}

/// What to say when a header, read in one format, looks as if it were of another; empty: it does
/// not.
std::string other_format(const std::vector<std::string_view>& header, Format format) {
  const std::string_view first = header.empty() ? std::string_view() : header.front();
  if (first.starts_with('{')) return "; this looks like JSON Lines: give --format jsonl";
  if (header.size() != 1) return "";
  if (format == Format::tsv && first.find(',') != std::string_view::npos) {
    return "; this looks like CSV: give --format csv";
  }
  if (format == Format::csv && first.find('\t') != std::string_view::npos) {
    return "; this looks like TSV: give --format tsv";
  }
  if (format == Format::csv && first.find(';') != std::string_view::npos) {
    return "; its fields stand between semicolons: save it with commas between them, or as TSV";
  }
  return "";
}

/// The recorder whose export has such a header; nullptr: none that we know.
const Recorder* recorder_with(const std::vector<std::string_view>& header) {
  const auto has = [&header](const RecorderColumn& column) {
    return !column.required || std::find(header.begin(), header.end(), column.name) != header.end();
  };
  for (const Recorder& recorder : recorders()) {
    if (std::all_of(recorder.columns.begin(), recorder.columns.end(), has)) return &recorder;
  }
  return nullptr;
}

}  // namespace

std::vector<SourceField> our_fields(const Columns& columns) {
  std::vector<SourceField> fields;
  for (std::size_t column = 0; column < kColumnCount; ++column) {
    fields.push_back({std::string(kColumnNames[column]), column < kRequiredColumns, ""});
  }
  for (const auto& [ours, theirs] : columns.renamed) {
    const auto found = std::find(kColumnNames.begin(), kColumnNames.end(), ours);
    if (found == kColumnNames.end()) {
      throw base::Failure(base::ExitStatus::usage,
                          fmt::format("--column {}={}: there is no column {}; the columns are {}",
                                      base::printable(ours), base::printable(theirs),
                                      base::printable(ours), fmt::join(kColumnNames, ", ")));
    }
    SourceField& field = fields[static_cast<std::size_t>(found - kColumnNames.begin())];
    field.name = theirs;
    field.named_by = fmt::format("which --column {}={} names", ours, base::printable(theirs));
  }
  return fields;
}

std::vector<std::size_t> find_fields(const std::vector<SourceField>& fields,
                                     const std::vector<std::string_view>& header,
                                     const ReadOptions& options) {
  const auto fail = [&](const std::string& message) {
    throw base::Failure(base::ExitStatus::usage,
                        options.name + ": " + message + other_format(header, options.format));
  };
  std::vector<std::size_t> positions;
  for (const SourceField& field : fields) {
    std::size_t position = kAbsent;
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (header[i] != field.name) continue;
      if (position != kAbsent) {
        fail(fmt::format("the column {} is there twice; the columns are {}",
                         base::printable(field.name), column_list(header)));
      }
      position = i;
    }
    positions.push_back(position);
    if (position != kAbsent) continue;
    if (!field.named_by.empty()) {
      fail(fmt::format("there is no column {}, {}; the columns are {}", base::printable(field.name),
                       field.named_by, column_list(header)));
    }
    if (!field.required) continue;
    if (const Recorder* const recorder = recorder_with(header)) {
      fail(
          fmt::format("there is no column {}; the columns are {}: those of {}, for which give "
                      "--preset {}",
                      field.name, column_list(header), recorder->name, recorder->name));
    } else {
      fail(
          fmt::format("there is no column {}; the columns are {}; if one of them is meant, give "
                      "--column {}=NAME",
                      field.name, column_list(header), field.name));
    }
  }
  return positions;
}

}  // namespace expunge::intake

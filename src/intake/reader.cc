#include "intake/reader.h"

#include "intake/formats.h"
#include "intake/recorder.h"
#include "intake/row.h"

namespace expunge::intake {
namespace {

void read(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
          const OnRawRow& on_raw_row, const OnBadRow& on_bad) {
  switch (options.format) {
    case Format::csv:
      read_csv(in, options, wanted, on_raw_row, on_bad);
      return;
    case Format::tsv:
      read_tsv(in, options, wanted, on_raw_row, on_bad);
      return;
    case Format::json_lines:
      read_json_lines(in, options, wanted, on_raw_row, on_bad);
      return;
  }
}

/// Of files in our own columns.
class OurRows {
 public:
  explicit OurRows(const ReadOptions& options)
      : options_(options),
        zone_(options.local_time_zone ? &*options.local_time_zone : nullptr),
        places_(!options.paths.strip.empty() || !options.paths.add.empty()) {}

  [[nodiscard]] std::vector<SourceField> fields() const {
    std::vector<SourceField> fields = our_fields(options_.columns);
    if (options_.department_column.empty()) return fields;
    SourceField& department = fields[static_cast<std::size_t>(Column::department)];
    department.name = options_.department_column;
    department.named_by = "which --department-column names";
    return fields;
  }

  /// Puts every member into `row`, or returns what is wrong with it.
  [[nodiscard]] std::optional<std::string> make(const RawRow& raw, archive::ImportRow& row) {
    adapted_ = raw;
    std::string_view unmapped;
    if (options_.department_map) {
      const std::string_view value = at(raw, Column::department).value_or("");
      if (const auto mapped = options_.department_map->find(value)) {
        adapted_[static_cast<std::size_t>(Column::department)] = mapped;
        unmapped = value;
      }
    }
    path_ = at(raw, Column::path).value_or("");
    const bool strips = !options_.paths.strip.empty() && path_.starts_with('/');
    const std::string stripped = strips ? path_ : std::string();
    if (auto cause =
            places_ ? place(options_.paths, path_) : place_relative(options_.paths, path_)) {
      return cause;
    }
    adapted_[static_cast<std::size_t>(Column::path)] = path_;
    auto cause = parse_row(adapted_, zone_, row);
    row.unmapped_department = unmapped;
    row.stripped_path = stripped;
    return cause;
  }

 private:
  const ReadOptions& options_;
  const policy::TimeZone* zone_;
  bool places_;  // the options say what stands before the paths
  RawRow adapted_;
  std::string path_;
};

}  // namespace

ReadCounts read_rows(std::istream& in, const ReadOptions& options, const OnRow& on_row,
                     const OnBadRow& on_bad) {
  ReadCounts counts;
  archive::ImportRow row;
  if (options.recorder == nullptr) {
    OurRows rows(options);
    read(
        in, options, rows.fields(),
        [&](std::uint64_t line, const RawRow& raw) {
          auto cause = rows.make(raw, row);
          cause ? on_bad({line, std::move(*cause)}) : on_row(line, row);
        },
        on_bad);
    return counts;
  }
  RecorderRows rows(options);
  std::string cause;
  const OnRawRow on_raw_row = [&](std::uint64_t line, const RawRow& raw) {
    switch (rows.make(raw, row, cause)) {
      case RecorderRows::Made::row:
        on_row(line, row);
        return;
      case RecorderRows::Made::bad:
        on_bad({line, cause});
        return;
      case RecorderRows::Made::without_file:
        ++counts.without_file;
        return;
    }
  };
  read(in, options, rows.fields(), on_raw_row, on_bad);
  return counts;
}

}  // namespace expunge::intake

#include <utility>

#include "base/text.h"
#include "intake/recorder.h"
#include "intake/row.h"

namespace expunge::intake {
namespace {

/// In place of a column's name.
constexpr std::string_view kDirectory = "directory";

/// Of a text by which people are found no more than letters and digits counts (subject_key()); an
/// odd character is no reason to refuse its recording.
void drop_controls(std::string& text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::optional<std::string> take_people(std::string_view name, std::vector<std::string>& from,
                                       std::string& first, std::vector<std::string>& further) {
  first.clear();
  further.clear();
  for (std::string& one : from) {
    drop_controls(one);
    if (one.empty()) continue;
    if (auto cause = check_text(name, one)) return cause;
    if (first.empty()) {
      first = one;
    } else {
      further.push_back(one);
    }
  }
  return std::nullopt;
}

}  // namespace

RecorderRows::RecorderRows(const ReadOptions& options)
    : options_(options), recorder_(*options.recorder), ours_(kColumnCount) {}

std::vector<SourceField> RecorderRows::fields() const {
  std::vector<SourceField> fields;
  const std::string reads = "which --preset " + std::string(recorder_.name) + " reads";
  for (const RecorderColumn& column : recorder_.columns) {
    fields.push_back({std::string(column.name), column.required,
                      column.required ? reads + "; expunge-import(5) has the whole export" : ""});
  }
  if (options_.department_column.empty()) {
    fields.push_back({std::string(recorder_.department_column), false, ""});
  } else if (options_.department_column != kDirectory) {
    fields.push_back(
        {options_.department_column, false,
         "which --department-column " + base::printable(options_.department_column) + " names"});
  }
  return fields;
}

std::string RecorderRows::department_value(const RawRow& raw) const {
  if (options_.department_column != kDirectory) {
    return std::string(RecorderRow(raw)[recorder_.columns.size()]);
  }
  const auto slash = call_.path.rfind('/');
  return slash == std::string::npos ? std::string() : call_.path.substr(0, slash);
}

RecorderRows::Made RecorderRows::make(const RawRow& raw, archive::ImportRow& row,
                                      std::string& cause) {
  call_ = {};
  const policy::TimeZone* zone = options_.local_time_zone ? &*options_.local_time_zone : nullptr;
  const auto bad = [&](std::optional<std::string> found) {
    if (found) cause = std::move(*found);
    return found.has_value();
  };
  if (bad(recorder_.compose(RecorderRow(raw), {zone, options_.now}, call_))) return Made::bad;
  if (!call_.has_file) return Made::without_file;
  const bool strips = !options_.paths.strip.empty() && call_.path.starts_with('/');
  const std::string stripped = strips ? call_.path : std::string();
  if (bad(place(options_.paths, call_.path))) return Made::bad;
  std::string department = department_value(raw), unmapped;
  if (options_.department_map) {
    if (const auto mapped = options_.department_map->find(department)) {
      unmapped = std::exchange(department, std::string(*mapped));
    }
  }
  ours_.assign(kColumnCount, std::nullopt);
  ours_[static_cast<std::size_t>(Column::id)] = call_.id;
  ours_[static_cast<std::size_t>(Column::path)] = call_.path;
  ours_[static_cast<std::size_t>(Column::call_id)] = call_.call_id;
  // One that is not said passes as any does: the row says nothing of it, another of its recording's
  // may.
  ours_[static_cast<std::size_t>(Column::department)] =
      department.empty() ? std::string_view("-") : std::string_view(department);
  if (bad(parse_row(ours_, zone, row)) ||
      bad(take_people("subject", call_.subjects, row.subject, row.further_subjects)) ||
      bad(take_people("agent", call_.agents, row.agent, row.further_agents))) {
    return Made::bad;
  }
  row.department = std::move(department);
  row.unmapped_department = std::move(unmapped);
  row.stripped_path = stripped;
  row.recorded_at = call_.recorded_at;
  return Made::row;
}

}  // namespace expunge::intake

#include "cli/log_of_recording.h"

#include <algorithm>

#include "audit/log.h"
#include "report/log_report.h"

namespace expunge::cli {
namespace {

/// Takes what one more entry that names it says.
void take(LogOfRecording& log, const audit::EntryView& entry, const std::string& path) {
  const bool gone = entry.type == "destroy" || entry.type == "remove";
  log.text += report::entry_line(entry) + "\n";
  log.times[entry.seq] = entry.time;
  log.failed = entry.type == "destroy.failed";
  if (log.failed) log.last_failed = entry.seq;
  if (gone) {
    log.last_end = entry.seq;
    log.left.reset();
  }
  if (entry.type != "destroy.partial") return;
  // What was left of what was left.
  const certify::Left left = certify::left_by(certify::read_partial(entry, path).says);
  log.left = std::max(log.left.value_or(left), left);
}

}  // namespace

std::optional<base::CivilDate> LogOfRecording::day_of_missing(const archive::Recording& recording,
                                                              const policy::TimeZone& zone) const {
  if (!recording.missing_seq) return std::nullopt;
  const auto found = times.find(*recording.missing_seq);
  if (found == times.end()) return std::nullopt;
  const auto time = base::parse_log_time(found->second);
  if (!time) return std::nullopt;
  return zone.civil_date(std::chrono::floor<std::chrono::seconds>(*time));
}

LogOfRecording read_log_of(const Desk& desk, const std::string& id) {
  const audit::LogPlace& place = desk.config().log;
  const std::string path = audit::log_path(place.directory);
  LogOfRecording log{{}, {}, {}, false, {}, {}, certify::DelayTrail(path)};
  audit::for_each_entry(desk.sys(), place, 0, [&](const audit::EntryView& entry) {
    log.holds.take(entry);
    if (audit::recording_of(entry) == id) take(log, entry, path);
    return true;
  });
  return log;
}

}  // namespace expunge::cli

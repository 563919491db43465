#include "plan/hold_changes.h"

namespace expunge::plan {

std::map<std::string, HoldChanged> last_changes(base::Sys& sys, const audit::LogPlace& place,
                                                const std::set<std::string>& references) {
  std::map<std::string, HoldChanged> last;
  audit::for_each_entry(sys, place, 0, [&](const audit::EntryView& entry) {
    if (!entry.type.starts_with("hold.")) return true;
    std::string reference = audit::text_of(entry, "reference");
    const auto time = base::parse_log_time(entry.time);
    if (!time || !references.contains(reference)) return true;
    last[std::move(reference)] = {*time,
                                  entry.type == "hold.release" || entry.type == "hold.confirm"};
    return true;
  });
  return last;
}

}  // namespace expunge::plan

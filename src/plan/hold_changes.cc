#include "plan/hold_changes.h"

#include <algorithm>

namespace expunge::plan {

std::map<std::string, HoldChanged> last_changes(base::Sys& sys, const audit::LogPlace& place,
                                                const std::set<std::string>& references) {
  std::map<std::string, HoldChanged> last;
  audit::for_each_entry(sys, place, 0, [&](const audit::EntryView& entry) {
    if (!entry.type.starts_with("hold.")) return true;
    std::string reference = audit::text_of(entry, "reference");
    const auto time = base::parse_log_time(entry.time);
    if (!time || !references.contains(reference)) return true;
    HoldChanged& changed = last[std::move(reference)];
    changed.time = *time;
    changed.is_release = entry.type == "hold.release" || entry.type == "hold.confirm";
    if (changed.is_release) changed.newest_release = std::max(changed.newest_release, *time);
    return true;
  });
  return last;
}

}  // namespace expunge::plan

#pragma once

#include <map>
#include <set>
#include <string>

#include "audit/log.h"

namespace expunge::plan {

/// What the log last said of a hold.
struct HoldChanged {
  base::Time time;
  bool is_release = false;      ///< asked for or confirmed
  base::Time newest_release{};  ///< the latest time of any; clocks are put right
};

/// Of each of these that the log knows at all, by reference. Reads the log once. Throws as
/// audit::for_each_entry() does.
[[nodiscard]] std::map<std::string, HoldChanged> last_changes(
    base::Sys& sys, const audit::LogPlace& place, const std::set<std::string>& references);

}  // namespace expunge::plan

#include "plan/policy_changes.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "base/text.h"

namespace expunge::plan {
namespace {

constexpr std::size_t kMostNamed = 10;

std::string shown(const std::string& name) {
  return base::printable(name, 128);
}

using ByName = std::map<std::string, std::string>;

ByName periods(const audit::Policy& policy) {
  ByName periods;
  for (const audit::PolicyDepartment& each : policy.departments) periods[each.name] = each.period;
  return periods;
}

ByName meanings(const audit::Policy& policy) {
  ByName meanings;
  for (const audit::PolicyAlias& each : policy.aliases) meanings[each.name] = each.department;
  return meanings;
}

std::vector<std::string> differences(const audit::Policy& logged, const audit::Policy& now) {
  std::vector<std::string> found;
  if (logged.timezone != now.timezone) {
    found.push_back(
        fmt::format("time zone {}, was {}", shown(now.timezone), shown(logged.timezone)));
  }
  const ByName periods_before = periods(logged);
  const ByName periods_now = periods(now);
  for (const auto& [name, period] : periods_now) {
    const auto before = periods_before.find(name);
    if (before == periods_before.end()) {
      found.push_back(fmt::format("department {} is new ({})", shown(name), shown(period)));
    } else if (before->second != period) {
      found.push_back(
          fmt::format("{}: {}, was {}", shown(name), shown(period), shown(before->second)));
    }
  }
  for (const auto& [name, period] : periods_before) {
    if (periods_now.count(name) == 0) {
      found.push_back(
          fmt::format("department {} is no longer in it ({})", shown(name), shown(period)));
    }
  }
  const ByName aliases_before = meanings(logged);
  const ByName aliases_now = meanings(now);
  for (const auto& [name, department] : aliases_now) {
    const auto before = aliases_before.find(name);
    if (before == aliases_before.end()) {
      found.push_back(fmt::format("alias {} (of {}) is new", shown(name), shown(department)));
    } else if (before->second != department) {
      found.push_back(fmt::format("alias {} is of {}, was of {}", shown(name), shown(department),
                                  shown(before->second)));
    }
  }
  for (const auto& [name, department] : aliases_before) {
    if (aliases_now.count(name) == 0) {
      found.push_back(
          fmt::format("alias {} (of {}) is no longer in it", shown(name), shown(department)));
    }
  }
  return found;
}

}  // namespace

std::string policy_changes(const audit::Policy& logged, const audit::Policy& now) {
  const std::vector<std::string> found = differences(logged, now);
  std::string text;
  for (std::size_t i = 0; i < found.size() && i < kMostNamed; ++i) {
    text += (i == 0 ? "" : "; ") + found[i];
  }
  if (found.size() > kMostNamed) text += fmt::format("; and {} more", found.size() - kMostNamed);
  return text;
}

}  // namespace expunge::plan

#include "cli/departments.h"

#include "base/text.h"

namespace expunge::cli {

InIndex look_for_department(const archive::Index& index, const policy::RetentionSchedule& schedule,
                            const std::string& department) {
  InIndex answer;
  answer.found = index.count_destroyed(department, {}, {}) > 0;
  if (answer.found) return answer;
  index.scan([&](const archive::Recording& recording) {
    answer.found = recording.department == department;
    if (answer.others.size() < kMostDepartmentsNamed && !recording.department.empty() &&
        schedule.find(recording.department) == nullptr) {
      answer.others.insert(recording.department);
    }
    return !answer.found;
  });
  return answer;
}

std::string departments_text(const policy::RetentionSchedule& schedule,
                             const std::set<std::string>& others) {
  std::string known;
  const auto add = [&known](const std::string& name) {
    known += (known.empty() ? "" : ", ") + base::printable(name);
  };
  for (const policy::Department& each : schedule.departments) add(each.name);
  for (const std::string& name : others) add(name);
  return known;
}

}  // namespace expunge::cli

#pragma once

#include <optional>
#include <string>

#include "certify/recorded_days.h"
#include "report/certificate_parts.h"
#include "report/page.h"

namespace expunge::report {

/// What became of the recordings of some days, by log and index.
struct DaysAnswer {
  certify::RecordedDays days;
  certify::DaysInLog log;
  std::optional<certify::DaysInIndex> index;  ///< unset: it could not be read
  std::string index_fault;                    ///< why
  bool in_schedule = true;  ///< whether the schedule in force names the department
};

/// Names no recording.
[[nodiscard]] Page days_page(const DaysAnswer& answer, const Issue& issue);

/// The same for programs: one object, see expunge(1).
[[nodiscard]] std::string days_json(const DaysAnswer& answer, const Issue& issue);

}  // namespace expunge::report

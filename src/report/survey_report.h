#pragma once

#include <array>
#include <memory>
#include <ostream>
#include <string>

#include "survey/compare.h"

namespace expunge::report {

/// Writes what a comparison of index and disk finds, as it finds it.
class SurveyReport {
 public:
  SurveyReport() = default;
  SurveyReport(const SurveyReport&) = delete;
  SurveyReport& operator=(const SurveyReport&) = delete;
  virtual ~SurveyReport() = default;
  virtual void add(const survey::Difference& difference) = 0;
  virtual void finish(const survey::Comparison& comparison) = 0;
};

enum class SurveyDetail {
  some,  ///< of each kind the first few
  all,
};

/// A line for each difference, then the counts.
[[nodiscard]] std::unique_ptr<SurveyReport> survey_text(std::ostream& out, SurveyDetail detail);
/// `kind,path,recording,bytes,indexed_bytes,looks_from,by,detail`; always all.
[[nodiscard]] std::unique_ptr<SurveyReport> survey_csv(std::ostream& out);
/// One object, `expunge-check-index/1` (expunge(1)); `check` is that of check_json().
[[nodiscard]] std::unique_ptr<SurveyReport> survey_json(std::ostream& out, SurveyDetail detail,
                                                        std::string check);

}  // namespace expunge::report

#pragma once

#include <string>

#include "report/recording_story.h"

// Which run letters say is to destroy a recording.
namespace expunge::report {

/// Which of the runs from a day on that is named; `when` begins with a space, or is empty. Whether
/// what was approved today counts then, only that day says.
[[nodiscard]] std::string later_run_text(const plan::Decision& decision, const char* when,
                                         const Circumstances& is);
/// Which of the runs to come. `to` stands before the later one.
[[nodiscard]] std::string next_run_text(base::CivilDate day, const char* to);
/// Which of the runs to come is to destroy what is due on `day`, that of the next one.
[[nodiscard]] std::string run_text(const plan::Decision& decision, base::CivilDate day,
                                   const char* to, const Circumstances& is);
/// That something stops every run, and what then; `before` begins the sentence.
[[nodiscard]] std::string stopped_text(const char* before, const plan::Decision& decision,
                                       const Circumstances& is);

/// Of what is due and was begun on, which `what` names: when it is finished, or what that waits
/// for. The next run finishes it only where it would begin it too.
[[nodiscard]] std::string begun_text(const char* what, const plan::Decision& decision,
                                     base::CivilDate day, const policy::RetentionSchedule& schedule,
                                     const Circumstances& is);
/// Of what was begun on, and is kept or lacks a file: which run finds out how much of it is left.
[[nodiscard]] std::string left_to_find_text(const plan::Decision& decision,
                                            const Circumstances& is);

}  // namespace expunge::report

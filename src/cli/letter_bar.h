#pragma once

#include <optional>
#include <string>

#include "archive/index.h"
#include "audit/facts.h"
#include "cli/desk.h"
#include "plan/brakes.h"
#include "report/recording_story.h"

namespace expunge::cli {

/// What keeps a letter about a recording from being written, and the remedy, in one line: the index
/// is not the one that the log's last commands wrote to, so that what it says of the recording may
/// be false. `last_end` is the last entry of the log in use by which it was destroyed or removed;
/// `facts` were read before the index. Nullopt: nothing does.
[[nodiscard]] std::optional<std::string> bar_to_letter(Desk& desk, const audit::LogFacts& facts,
                                                       const archive::RecordingHistory& history,
                                                       std::optional<std::uint64_t> last_end);

/// What the next run does with this recording, if it is due, and the names of the brakes that make
/// it so. They are judged without reading the whole index: `first-run`, `policy`, `clock`, `host`,
/// and `root` in part, as a plan does it; `share`, and the rest of `root`, by what stopped the last
/// call of `run`, if none has gone ahead since. For an `as_of` the clock is left aside.
struct AtNextRun {
  report::NextRun next_run = report::NextRun::goes;
  std::string brakes{};
};
[[nodiscard]] AtNextRun at_next_run(const Desk& desk, const audit::LogFacts& facts,
                                    const archive::Recording& recording,
                                    std::optional<base::CivilDate> as_of);

/// Of what at_next_run() found, for the office: with the command that says how to go on. Empty:
/// nothing keeps the next run from it.
[[nodiscard]] std::string brakes_line(report::NextRun next_run, const std::string& brakes);

/// By what an approval for that run is judged.
[[nodiscard]] plan::ApprovalAsked approval_asked(const Desk& desk, const audit::LogFacts& facts,
                                                 std::optional<base::CivilDate> as_of);

}  // namespace expunge::cli

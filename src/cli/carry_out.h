#pragma once

#include "cli/desk.h"
#include "run/run.h"

namespace expunge::cli {

/// Has SIGTERM and SIGINT stop the run after its batch. Before the index is opened.
void stop_on_signals(run::Request& request);

struct Carried {
  run::Report report;
  /// What was to follow it did: its checkpoint was carried away, and the recorder told.
  bool followed = true;

  /// Of the command.
  [[nodiscard]] base::ExitStatus status() const;
};

enum class Timings { no, yes };

/// Sends the events (cli/messages.h) of a run that ended so, and of one that never began.
void tell_of_run(const run::Report& report, base::ExitStatus status);
void tell_of_no_run(base::ExitStatus status);

/// Carries tonight's plan out (run/run.h), confined from then on; says on standard error what needs
/// a person, and on standard output how it went; then calls the programs that are to follow,
/// and writes `metrics.textfile`.
/// Requires that there is no other thread.
[[nodiscard]] Carried carry_out(Desk& desk, const Global& global, run::Request request,
                                Timings timings);

}  // namespace expunge::cli

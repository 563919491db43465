#include <iostream>

#include "audit/log.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "report/log_report.h"

namespace expunge::cli {

using base::ExitStatus;

ExitStatus log_show_command(Invocation call) {
  Options options("log show [OPTION…]",
                  "Prints the log's entries, oldest first; verifies nothing.");
  options.value("recording", "only what names this recording")
      .value("run", "only what names this run")
      .flag("json", "the lines as they stand in the log (JSON Lines)");
  if (!options.parse(call)) return ExitStatus::done;
  const Config config = configure(base::real_sys(), call.global);
  const std::string recording = options.text("recording");
  const std::string run = options.has("run") ? "\"run\":\"" + options.text("run") + "\"" : "";
  audit::for_each_entry(base::real_sys(), config.log, 0, [&](const audit::EntryView& entry) {
    if (!recording.empty() && audit::recording_of(entry) != recording) return true;
    if (entry.line.find(run) == std::string_view::npos) return true;
    if (options.has("json")) {
      std::cout << entry.line << "\n";
    } else {
      std::cout << report::entry_line(entry) << "\n";
    }
    return static_cast<bool>(std::cout);
  });
  return ExitStatus::done;
}

}  // namespace expunge::cli

#include <fmt/format.h>

#include <iostream>

#include "audit/log.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "report/log_report.h"

namespace expunge::cli {

using base::ExitStatus;

namespace {

[[noreturn]] void fail_without_entry(const Options& options) {
  std::string named;
  for (const char* name : {"recording", "run"}) {
    if (!options.has(name)) continue;
    named += fmt::format("{}{} '{}'", named.empty() ? "" : " and ", name,
                         base::printable(options.text(name)));
  }
  throw base::Failure(ExitStatus::usage,
                      "the log has no entry" + (named.empty() ? named : " that names " + named));
}

}  // namespace

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
  bool any = false;
  audit::for_each_entry(base::real_sys(), config.log, 0, [&](const audit::EntryView& entry) {
    if (!recording.empty() && audit::recording_of(entry) != recording) return true;
    if (entry.line.find(run) == std::string_view::npos) return true;
    any = true;
    if (options.has("json")) {
      std::cout << entry.line << "\n";
    } else {
      std::cout << report::entry_line(entry) << "\n";
    }
    return static_cast<bool>(std::cout);
  });
  if (!any) fail_without_entry(options);
  return ExitStatus::done;
}

}  // namespace expunge::cli

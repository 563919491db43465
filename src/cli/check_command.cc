#include <iostream>

#include "cli/desk.h"
#include "cli/options.h"
#include "report/check_report.h"
#include "run/check.h"

namespace expunge::cli {

using base::ExitStatus;

ExitStatus check_command(Invocation call) {
  Options options("check [OPTION…]",
                  "Says in plain words what a destruction in this archive will be worth, and why;\n"
                  "and what would stop a run. Opens up to 20 of the oldest recordings' files as a\n"
                  "run would, and changes nothing anywhere. Call it as the run's own user.\n"
                  "Exit status 1: something needs a person. 4: the log does not verify.");
  options.flag("json", "one JSON object");
  if (!options.parse(call)) return ExitStatus::done;
  Desk desk(call, archive::Index::Access::read);
  const Config& config = desk.config();
  const run::CheckReport report = run::check({desk.sys(), desk.now(), desk.index(), config.safety,
                                              config.log, config.log_key_path, config.archive_root,
                                              config.index_path, config.limits, config.path});
  if (options.has("json")) {
    std::cout << report::check_json(report);
  } else {
    std::cout << report::check_text(report, call.global.quiet ? report::CheckDetail::needs_person
                                                              : report::CheckDetail::everything);
  }
  if (!report.log_trusted) return ExitStatus::log_untrusted;
  const std::size_t for_a_person =
      report.count(run::Finding::Level::warning) + report.count(run::Finding::Level::problem);
  return for_a_person == 0 ? ExitStatus::done : ExitStatus::needs_person;
}

}  // namespace expunge::cli

#include <iostream>
#include <thread>

#include "audit/prove.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"

namespace expunge::cli {

using base::ExitStatus;
using base::Failure;

ExitStatus log_consistency_command(Invocation call) {
  Options options(
      "log consistency OLD [OPTION…]",
      "Proves that the log continues OLD, a checkpoint of it that was kept elsewhere, and\n"
      "prints the proof: the body of an add-checkpoint request (C2SP tlog-witness), from OLD\n"
      "to the newest checkpoint. Exit status 4: the log does not verify, or does not\n"
      "continue OLD.");
  options.argument("old", 1).value("output", "write to this file, which must not exist");
  if (!options.parse(call)) return ExitStatus::done;
  base::Sys& sys = base::real_sys();
  const std::string old_path = options.required("old");
  const std::string output = options.has("output") ? options.required("output") : "";
  const Config config = configure(sys, call.global);
  const auto older = audit::parse_checkpoint(base::read_file(sys, old_path));
  if (!older) {
    throw Failure(ExitStatus::log_untrusted,
                  base::printable(old_path) + ": is no signed checkpoint");
  }
  const audit::CheckpointFile newest =
      audit::read_checkpoint(sys, audit::checkpoint_path(config.log.directory), config.log.origin);
  const std::string body = audit::prove_consistency(
      sys, config.log, *older, newest, std::max(1U, std::thread::hardware_concurrency()));
  if (output.empty()) {
    std::cout << body;
  } else {
    base::create_file(sys, output, body, 0600);
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli

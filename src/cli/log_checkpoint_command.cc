#include <iostream>

#include "audit/course.h"
#include "base/io.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

/// Read twice, with a look at the log in between that found it good: what is appended meanwhile
/// brings another one.
std::string good_checkpoint(base::Sys& sys, const audit::LogPlace& place) {
  const std::string path = audit::checkpoint_path(place.directory);
  for (;;) {
    std::string before = audit::read_checkpoint(sys, path, place.origin).text;
    static_cast<void>(audit::read_log(sys, place, std::nullopt));
    if (audit::read_checkpoint(sys, path, place.origin).text == before) return before;
  }
}

}  // namespace

ExitStatus log_checkpoint_command(Invocation call) {
  Options options("log checkpoint [--output FILE]",
                  "Prints the newest checkpoint, byte for byte, after a look at the log that it\n"
                  "covers: to be kept elsewhere.");
  options.value("output", "write to this file, which must not exist");
  if (!options.parse(call)) return ExitStatus::done;
  const Config config = configure(base::real_sys(), call.global);
  const std::string text = good_checkpoint(base::real_sys(), config.log);
  if (options.has("output")) {
    base::create_file(base::real_sys(), options.required("output"), text, 0644);
  } else {
    std::cout << text;
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli

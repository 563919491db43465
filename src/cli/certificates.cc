#include "cli/certificates.h"

#include <algorithm>
#include <thread>

namespace expunge::cli {

OutputFiles open_output(const Options& options) {
  return {base::real_sys(), options.has("output") ? options.required("output") : ".",
          options.has("replace") ? OutputFiles::Existing::replace : OutputFiles::Existing::refuse};
}

report::Issue issue_of(const Config& config, const Invocation& call) {
  return {config.controller, config.contact, call.clock(), "expunge " EXPUNGE_VERSION,
          config.schedule.earliest};
}

unsigned all_workers() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace expunge::cli

#pragma once

#include "cli/command.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/output_files.h"
#include "report/certificate_parts.h"

// What the forms of `log certificate` share.
namespace expunge::cli {

/// As --output and --replace say.
[[nodiscard]] OutputFiles open_output(const Options& options);

/// What the pages say that the log does not.
[[nodiscard]] report::Issue issue_of(const Config& config, const Invocation& call);

/// As many threads as the machine has processors.
[[nodiscard]] unsigned all_workers();

/// `log certificate --run`.
[[nodiscard]] base::ExitStatus certify_run(const Invocation& call, const Options& options,
                                           const std::string& run);
/// `log certificate --department --recorded`.
[[nodiscard]] base::ExitStatus answer_days(const Invocation& call, const Options& options);

}  // namespace expunge::cli

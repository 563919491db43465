#pragma once

#include <optional>
#include <string>

#include "cli/options.h"
#include "run/succession.h"

// `init --successor-of`: a new log in the place of one whose key is lost, or that does not verify.
namespace expunge::cli {

/// Adds --successor-of, --authority and --reason.
void add_succession(Options& options);

/// The old log that these options name, which the new log `origin` is to follow; nullopt when they
/// name none. Throws Failure(usage) when one is missing or wrong, and as
/// audit::read_last_checkpoint does.
[[nodiscard]] std::optional<run::OldLog> named_old_log(const Options& options,
                                                       const std::string& origin);

/// Verifies what of the old log is at hand, against what the index remembers too, and takes in what
/// may be believed. Says on standard error what could not be verified, and when the old log could
/// go on. Throws Failure(usage) when its newest checkpoint is not the one named.
void look_at(run::OldLog& old, const std::optional<audit::Position>& remembered,
             const std::string& passphrase_file);

/// `init --successor-of` without a directory: makes keys and log where the configuration names new
/// ones, and hands the index over. Where the log stands already and names the same predecessor, it
/// does what is left to do.
[[nodiscard]] base::ExitStatus succeed_here(const Invocation& call, const Options& options);

}  // namespace expunge::cli

#pragma once

#include <string>

#include "cli/desk.h"
#include "cli/log_ahead.h"
#include "cli/options.h"
#include "report/hold_report.h"

// The members of `expunge hold`, and what they share.
namespace expunge::cli {

[[nodiscard]] base::ExitStatus hold_place_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_review_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_release_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_keep_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_list_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_show_command(Invocation call);

/// The argument; refuses one that may not go into the log.
[[nodiscard]] std::string reference_of(const Options& options);

/// nullopt when the index knows no such hold, ended or not.
[[nodiscard]] std::optional<archive::Hold> find_hold(const Desk& desk,
                                                     const std::string& reference);
/// Throws Failure(usage) instead.
[[nodiscard]] archive::Hold require_hold(const Desk& desk, const std::string& reference);

/// As a list shows it today; `covered` left at 0.
[[nodiscard]] report::ListedHold listed(const Desk& desk, archive::Hold hold);

/// Says, where the index is older than the log, what `gone`, those that the hold covers by it and
/// the log says are destroyed or removed, makes of its figures. Returns whether there are any.
bool say_if_older(const LogAhead& ahead, const std::string& reference, std::uint64_t gone);

}  // namespace expunge::cli

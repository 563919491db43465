#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

#include "archive/index.h"
#include "audit/frozen.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "base/error.h"
#include "base/io.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "cli/timestamps.h"
#include "report/verify_report.h"
#include "run/remember.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// What was given, and whether some checkpoint of it was kept outside the log's directory.
struct Gathered {
  audit::Evidence evidence;
  bool has_outside_checkpoint = false;
  std::optional<audit::TimestampTrust> trust;
  std::vector<StampedCheckpoints> stamped;  ///< to be checked; only with a trust
  std::string missing;                      ///< why not all of them could be read
  report::TimeStamps time_stamps;
};

audit::Evidence::Named read_named(const std::string& path) {
  return {path, base::read_file(base::real_sys(), path)};
}

/// By name, with `.`, `..` and links resolved.
bool lies_in(const std::string& path, const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path real_path = fs::weakly_canonical(path, error);
  const fs::path real_directory = error ? fs::path() : fs::weakly_canonical(directory, error);
  if (error) return false;
  return std::mismatch(real_directory.begin(), real_directory.end(), real_path.begin(),
                       real_path.end())
             .first == real_directory.end();
}

/// The configured log: every log has a checkpoint from its first entry on, and without it nothing
/// says where the log ended.
std::string take_configured(const Invocation& call, audit::Evidence& evidence) {
  const Config config = configure(base::real_sys(), call.global);
  const std::string& directory = config.log.directory;
  evidence.log_path = directory + "/log.jsonl";
  try {
    evidence.checkpoints.push_back(read_named(directory + "/checkpoint"));
  } catch (const Failure& failure) {
    throw Failure(ExitStatus::log_untrusted, failure.what());
  }
  return directory;
}

/// The stamps beside the configured log, and those that were given.
void gather_stamps(const Options& options, const std::string& directory, Gathered& gathered) {
  base::Sys& sys = base::real_sys();
  gathered.trust = timestamp_trust(sys, options);
  const std::vector<std::string> given = options.list("timestamp");
  gathered.time_stamps.found = given.size();
  if (!directory.empty()) {
    gathered.time_stamps.found += audit::list_frozen(directory).timestamps.size();
  }
  if (!gathered.trust) {
    if (!given.empty()) options.refuse("--timestamp needs --tsa-ca");
    return;
  }
  if (directory.empty() && given.empty()) {
    options.refuse("--tsa-ca with --log needs --timestamp: there is no time stamp to check");
  }
  audit::Evidence& evidence = gathered.evidence;
  try {
    if (!directory.empty()) gathered.stamped = read_stamps(sys, directory);
  } catch (const Failure& failure) {
    if (failure.status() != ExitStatus::log_untrusted) throw;
    gathered.missing = failure.what();  // said when the log itself is known to be good
  }
  for (const StampedCheckpoints& each : gathered.stamped) {
    evidence.stamped.push_back(each.checkpoints.front());
  }
  std::vector<audit::Evidence::Named> checkpoints = evidence.checkpoints;
  if (evidence.since) checkpoints.push_back(*evidence.since);
  if (!given.empty() && checkpoints.empty()) {
    options.refuse("--timestamp needs --checkpoint, with the one that it is over");
  }
  for (const std::string& path : given) {
    gathered.stamped.push_back({read_named(path), checkpoints});
  }
  gathered.time_stamps.are_checked = true;
}

/// The log is good; a stamp that is not makes a fault of it.
void check_stamps_of(Gathered& gathered, audit::Verdict& verdict) {
  if (!gathered.trust || verdict.fault) return;
  try {
    if (!gathered.missing.empty()) throw Failure(ExitStatus::log_untrusted, gathered.missing);
    gathered.time_stamps.checked = check_stamps(gathered.stamped, *gathered.trust);
  } catch (const Failure& failure) {
    verdict.outcome = audit::Verdict::Outcome::does_not_verify;
    verdict.fault = audit::Fault{0, 0, failure.what()};
  }
}

/// The configured log is good by itself; one that is older than what its index remembers, or not
/// the same, is a fault nonetheless. Where there is no index that this user can read, none is
/// known.
void check_against_index(const Invocation& call, audit::Verdict& verdict) {
  if (verdict.fault) return;
  const Config config = configure(base::real_sys(), call.global);
  try {
    const auto index =
        archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
    const audit::Position remembered = run::remembered(index);
    static_cast<void>(audit::read_log(base::real_sys(), config.log, remembered));
  } catch (const Failure& failure) {
    if (failure.status() != ExitStatus::log_untrusted) return;
    verdict.outcome = audit::Verdict::Outcome::does_not_verify;
    verdict.fault = audit::Fault{0, 0, failure.what()};
  }
}

Gathered gather(const Invocation& call, const Options& options) {
  if (options.has("since") && options.has("root-only")) {
    options.refuse("--since and --root-only exclude each other");
  }
  Gathered gathered;
  audit::Evidence& evidence = gathered.evidence;
  evidence.workers = std::max(1U, std::thread::hardware_concurrency());
  std::string directory;
  if (options.has("log")) {
    evidence.log_path = options.required("log");
    if (!options.has("public-key")) {
      options.refuse(
          "--log needs --public-key, with the key that the log began with or that of "
          "its checkpoints: what a log says of its own key proves nothing");
    }
  } else {
    directory = take_configured(call, evidence);
  }
  for (const std::string& path : options.list("public-key")) {
    evidence.public_keys.push_back(read_named(path));
  }
  std::vector<std::string> checkpoints = options.list("checkpoint");
  for (const std::string& path : checkpoints) evidence.checkpoints.push_back(read_named(path));
  if (options.has("since")) {
    checkpoints.push_back(options.required("since"));
    evidence.since = read_named(checkpoints.back());
    evidence.depth = audit::Depth::since;
  } else if (options.has("root-only")) {
    evidence.depth = audit::Depth::root_only;
  }
  gather_stamps(options, directory, gathered);
  gathered.has_outside_checkpoint = std::any_of(
      checkpoints.begin(), checkpoints.end(),
      [&](const std::string& path) { return directory.empty() || !lies_in(path, directory); });
  return gathered;
}

/// Not under cron: it would stand in every night's mail.
void warn(const Gathered& gathered, bool quiet) {
  if (quiet) return;
  if (!gathered.has_outside_checkpoint) {
    message(
        "warning: no checkpoint from outside was given. A log and the checkpoint beside it can be "
        "put back, or replaced, together, and nothing here would show it; give --checkpoint with "
        "one that was kept elsewhere");
  }
  if (gathered.evidence.public_keys.empty()) {
    message(
        "warning: no public key from outside was given: the one that the log itself names was "
        "believed; give --public-key with a copy that was kept elsewhere");
  }
  if (gathered.time_stamps.are_checked && gathered.time_stamps.found == 0) {
    message("warning: no checkpoint of this log has a time stamp; see expunge log timestamp");
  }
}

}  // namespace

ExitStatus log_verify_command(Invocation call) {
  Options options(
      "log verify [OPTION…]",
      "Verifies every line of the log: form, number, chain, signature, and the root of all\n"
      "against every checkpoint given; of the configured log, also against the newest, and\n"
      "against what the index remembers of it. With\n"
      "--log and --public-key it needs neither configuration nor anything else of ours.\n"
      "Exit status 1: verifies, but its end is torn (the next run puts that aside); 4: does\n"
      "not verify.");
  options.value("log", "a log.jsonl to verify, instead of the configured log")
      .values("public-key", "the key that the log began with, or that of its checkpoints (PEM)")
      .values("checkpoint", "one kept elsewhere, which the log must continue; several times")
      .value("since", "lines below this checkpoint by its root alone, later ones by signature")
      .flag("root-only", "lines below the newest checkpoint by its root alone")
      .values("timestamp", "one more time stamp, over one of these checkpoints; several times");
  add_timestamp_trust(options);
  options.flag("json", "the verdict as JSON (expunge-verify/1)");
  if (!options.parse(call)) return ExitStatus::done;
  Gathered gathered = gather(call, options);
  audit::Verdict verdict = audit::verify_log(base::real_sys(), gathered.evidence);
  check_stamps_of(gathered, verdict);
  if (!options.has("log")) check_against_index(call, verdict);
  const report::Verified verified{verdict, gathered.evidence, gathered.has_outside_checkpoint,
                                  gathered.time_stamps};
  const bool fails = verdict.outcome == audit::Verdict::Outcome::does_not_verify;
  if (options.has("json")) {
    std::cout << report::verify_json(verified);
  } else if (!call.global.quiet && !fails) {
    std::cout << report::verify_text(verified);
  }
  if (fails) {
    throw Failure(ExitStatus::log_untrusted, report::fault_text(verified));
  }
  if (!options.has("json")) warn(gathered, call.global.quiet);
  if (verdict.outcome == audit::Verdict::Outcome::verified) return ExitStatus::done;
  message(
      fmt::format("{}: {} bytes of a torn end stand past entry {}; the next run puts them aside",
                  gathered.evidence.log_path, verdict.torn_bytes, verdict.entries - 1));
  return ExitStatus::needs_person;
}

}  // namespace expunge::cli

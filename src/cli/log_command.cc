#include <fcntl.h>
#include <fmt/format.h>

#include <iostream>
#include <thread>

#include "audit/verify.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "report/log_report.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

audit::Evidence gather_evidence(const Config& config, const Options& options) {
  base::Sys& sys = base::real_sys();
  audit::Evidence evidence;
  evidence.log_path = config.log.directory + "/log.jsonl";
  evidence.workers = std::max(1U, std::thread::hardware_concurrency());
  if (options.has("public-key")) {
    const std::string path = options.required("public-key");
    evidence.first_key =
        audit::VerifierKey::from_pem(config.log.origin, base::read_file(sys, path));
    if (!evidence.first_key) {
      throw Failure(ExitStatus::usage,
                    base::printable(path) + ": is not an Ed25519 public key in PEM");
    }
  }
  const std::string newest = config.log.directory + "/checkpoint";
  try {
    evidence.checkpoints.push_back({newest, base::read_file(sys, newest)});
  } catch (const Failure& failure) {
    // Every log has one from its first entry on: without it nothing says where the log ended.
    throw Failure(ExitStatus::log_untrusted, failure.what());
  }
  for (const std::string& path : options.list("checkpoint")) {
    evidence.checkpoints.push_back({path, base::read_file(sys, path)});
  }
  return evidence;
}

ExitStatus verify(Invocation call) {
  Options options(
      "log verify [OPTION…]",
      "Verifies every line of the log: chain, signature, and the root against the newest\n"
      "checkpoint. Exit status 1: verifies, but its last line is torn (the next run puts\n"
      "it aside); 4: does not verify.");
  options.value("public-key", "the key that the log began with, from outside it (PEM)")
      .values("checkpoint", "one kept elsewhere, which the log must continue; several times");
  if (!options.parse(call)) return ExitStatus::done;
  const Config config = load_config(base::real_sys(), config_path(call.global.config));
  const audit::Evidence evidence = gather_evidence(config, options);
  const audit::Verdict verdict = audit::verify_log(base::real_sys(), evidence);
  if (verdict.outcome == audit::Verdict::Outcome::does_not_verify) {
    const audit::Fault& fault = *verdict.fault;
    throw Failure(ExitStatus::log_untrusted,
                  fault.line == 0 ? fault.message
                                  : fmt::format("{}: line {}, byte {}: {}", evidence.log_path,
                                                fault.line, fault.offset_bytes, fault.message));
  }
  if (!call.global.quiet) {
    std::cout << fmt::format("The log verifies: {} entries from {} to {}, every signature.\n",
                             base::grouped(verdict.entries), verdict.first_time, verdict.last_time)
              << fmt::format("Signed by key {}{}; root {}.\n", verdict.first_key_id,
                             verdict.last_key_id == verdict.first_key_id
                                 ? ""
                                 : " to " + verdict.last_key_id,
                             base::to_hex(verdict.root));
  }
  if (!options.has("public-key") || !options.has("checkpoint")) {
    message(
        fmt::format("note: a log, its key and its checkpoint can be replaced together; give {} "
                    "kept elsewhere to rule that out",
                    options.has("public-key")   ? "--checkpoint with one"
                    : options.has("checkpoint") ? "--public-key with one"
                                                : "--public-key and --checkpoint with ones"));
  }
  if (verdict.outcome == audit::Verdict::Outcome::torn_tail) {
    message(fmt::format("{} bytes of a torn line stand at its end; the next run puts them aside",
                        verdict.torn_bytes));
    return ExitStatus::needs_person;
  }
  return ExitStatus::done;
}

ExitStatus show(Invocation call) {
  Options options("log show [OPTION…]",
                  "Prints the log's entries, oldest first; verifies nothing.");
  options.value("recording", "only what names this recording")
      .value("run", "only what names this run")
      .flag("json", "the lines as they stand in the log (JSON Lines)");
  if (!options.parse(call)) return ExitStatus::done;
  const Config config = load_config(base::real_sys(), config_path(call.global.config));
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

}  // namespace

ExitStatus log_command(Invocation call) {
  static const std::vector<Command> kCommands = {
      {"verify", "check every line, signature and the checkpoint", verify},
      {"show", "print the entries", show},
  };
  return dispatch(kCommands, std::move(call));
}

}  // namespace expunge::cli

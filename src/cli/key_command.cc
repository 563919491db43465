#include <iostream>
#include <utility>

#include "audit/key_history.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "report/key_report.h"
#include "run/key_rotation.h"
#include "run/run_lock.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

/// And how many entries the log has then. No lock is held on return: an anchor may take its time.
std::pair<run::Rotated, std::uint64_t> rotate(Desk& desk, const std::string& reason) {
  const Config& config = desk.config();
  const base::Fd lock = run::take_run_lock(desk.sys(), config.log.directory);
  audit::LogWriter log = desk.log_writer();
  run::KeyRotation rotation(desk.sys(), config.log_keys, config.log.origin);
  run::Rotated rotated = rotation.rotate(log, reason, desk.now());
  static_cast<void>(log.freeze_checkpoint());
  desk.remember(log);
  return {std::move(rotated), log.position().size};
}

ExitStatus rotate_command(Invocation call) {
  Options options(
      "key rotate [--reason REFERENCE]",
      "Makes a new key for the log's entries, hands the log over to it, and destroys the\n"
      "old one as a recording is: it can sign nothing any more, wherever a copy may be.\n"
      "Exit status 1: the old key could not be overwritten. 5: a run is on.");
  options.value("reason", "a reference for the log (default: scheduled)");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reason = options.has("reason") ? options.text("reason") : "scheduled";
  if (!is_reference(reason)) {
    options.refuse("--reason takes a reference: 1 to 64 letters, digits, '-', '/' and '.'");
  }
  Desk desk(call, archive::Index::Access::write);
  const auto [rotated, size] = rotate(desk, reason);
  if (!call.global.quiet) std::cout << report::rotation_text(rotated, size);
  if (rotated.doubt) message(*rotated.doubt);
  return desk.anchored(rotated.doubt ? ExitStatus::needs_person : ExitStatus::done);
}

ExitStatus show_command(Invocation call) {
  Options options(
      "key show [--json]",
      "Says which keys sign the log's entries and its checkpoints, and where their public\n"
      "halves are. Reads no private key.");
  options.flag("json", "one JSON object, with every key that ever signed");
  if (!options.parse(call)) return ExitStatus::done;
  base::Sys& sys = base::real_sys();
  const Config config = configure(sys, call.global);
  const audit::LogState log = audit::read_log(sys, config.log, std::nullopt);
  const report::Keys keys{config.log.directory, audit::key_history(sys, config.log),
                          log.checkpoint_vkey, config.rotate};
  std::cout << (options.has("json") ? report::keys_json(keys) : report::keys_text(keys));
  return ExitStatus::done;
}

}  // namespace

ExitStatus key_command(Invocation call) {
  static const std::vector<Command> kCommands = {
      {"rotate", "hand the log over to a new key, and destroy the old one", rotate_command},
      {"show", "which keys sign the log", show_command},
  };
  return dispatch(kCommands, std::move(call));
}

}  // namespace expunge::cli

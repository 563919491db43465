#include <fmt/format.h>

#include <optional>

#include "audit/frozen.h"
#include "audit/keys.h"
#include "base/error.h"
#include "base/text.h"
#include "run/check_parts.h"
#include "run/key_rotation.h"
#include "run/remember.h"

namespace expunge::run {
namespace {

/// Nullopt when it cannot be trusted; other failures go on up.
std::optional<audit::LogState> check_log(const CheckSetting& setting, Findings& findings) {
  try {
    audit::LogState log = audit::read_log(setting.sys, setting.log_place, remembered(setting.index),
                                          audit::Reading::whole);
    if (log.torn_bytes > 0) {
      findings.warning("log",
                       fmt::format("{} bytes of a torn line stand at its end", log.torn_bytes),
                       "the next run puts them aside and logs it");
    }
    findings.ok("log",
                fmt::format("verifies, continues its checkpoint and what the index remembers; "
                            "entries: {}",
                            base::grouped(log.position.size)));
    if (const auto& before = log.predecessor) {
      findings.note("log", fmt::format("was opened in the place of the log {} ({} entries; {}); "
                                       "what that one says is its own",
                                       before->origin, base::grouped(before->size),
                                       base::printable(before->reason)));
    }
    return log;
  } catch (const base::Failure& failure) {
    if (failure.status() != base::ExitStatus::log_untrusted) throw;
    findings.problem("log", base::printable(failure.what()),
                     "compare with the checkpoints kept elsewhere");
    return std::nullopt;
  }
}

/// Only where there are stamps: nobody needs to have any.
void check_time_stamps(const CheckSetting& setting, Findings& findings) {
  const audit::Frozen frozen = audit::list_frozen(setting.log_place.directory);
  if (frozen.timestamps.empty() || frozen.checkpoints.empty()) return;
  if (frozen.timestamps.back() >= frozen.checkpoints.back()) return;
  findings.note("time-stamps",
                fmt::format("the newest frozen checkpoint, of {} entries, has no time stamp; that "
                            "of {} has",
                            base::grouped(frozen.checkpoints.back()),
                            base::grouped(frozen.timestamps.back())),
                "see what asks for them: expunge log timestamp");
}

void check_key(const CheckSetting& setting, const audit::LogState* log, Findings& findings) {
  try {
    const audit::Secret passphrase =
        audit::read_passphrase(setting.sys, setting.log_keys.passphrase_file);
    const auto read = [&](const std::string& path) {
      return audit::SigningKey::from_file(setting.sys, setting.log_place.origin, path, passphrase);
    };
    auto key = read(setting.log_keys.entries);
    // A rotation that was interrupted, of which check_rotation() tells.
    if (log != nullptr && key.verifier().vkey() != log->vkey &&
        is_next_key_there(setting.sys, setting.log_keys)) {
      key = read(audit::next_key_path(setting.log_keys));
    }
    if (log == nullptr) {
      findings.note("key", "can be read; whether it is the log's is unknown");
    } else if (key.verifier().vkey() == log->vkey) {
      findings.ok("key", "can be read, and is the one in force: " + key.verifier().id_hex());
    } else {
      findings.problem(
          "key",
          fmt::format("is {}, which is not the one in force in the log", key.verifier().id_hex()),
          "put the log's own key in its place: no run can begin");
    }
  } catch (const base::Failure& failure) {
    findings.problem("key", base::printable(failure.what()),
                     "call check as the run's user; no run can begin without it");
  }
}

void check_clock(const CheckSetting& setting, const audit::LogFacts& facts, Findings& findings) {
  const std::string now = base::to_text(setting.now);
  if (facts.last_entry && setting.now < *facts.last_entry) {
    return findings.problem(
        "clock",
        fmt::format("it is {}, and the newest log entry is of {}", now,
                    base::to_text(*facts.last_entry)),
        "put the clock right (timedatectl), or wait until that time has passed");
  }
  if (facts.newest_run_start && setting.now < facts.newest_run_start->time) {
    return findings.problem("clock",
                            fmt::format("it is {}, and a run began at {}: the next run is braked",
                                        now, base::to_text(facts.newest_run_start->time)),
                            "put the clock right (timedatectl); if it is right: expunge run "
                            "--accept-clock, once");
  }
  if (facts.newest_run_start &&
      setting.now - facts.newest_run_start->time > setting.safety.max_clock_step) {
    return findings.warning("clock",
                            fmt::format("it is {}, and the last run began at {}", now,
                                        base::to_text(facts.newest_run_start->time)),
                            "see whether the timer works; if the machine stood still, see "
                            "expunge run --accept-clock");
  }
  findings.ok("clock", "after the newest log entry: " + now);
}

void check_index(const CheckSetting& setting, const audit::LogFacts& facts, Findings& findings) {
  if (const auto brake = plan::index_brake(facts, plan::memory_of(setting.index))) {
    findings.problem("index", brake->message + ": the next run is braked", brake->way_on_text);
  }
}

void check_root(const CheckSetting& setting, const audit::LogFacts* facts,
                const shred::ArchiveRoot& root, Findings& findings) {
  const std::string known = setting.index.root_identity();
  if (known.empty() && facts != nullptr && facts->settled_size > 0) {
    findings.problem("root",
                     "the index does not know which directory it was: the next run is "
                     "braked",
                     "see that archive.root is right, and what is wrong with the index; then "
                     "expunge run --accept-root");
  } else if (known.empty()) {
    findings.note("root", "no run yet; the first one remembers this directory");
  } else if (known == root.identity()) {
    findings.ok("root", "the same directory as at the last run");
  } else {
    findings.problem("root", "another directory than at the last run: the next run is braked",
                     "if its volume is not mounted, mount it; if the archive has moved here for "
                     "good: expunge run --accept-root");
  }
}

}  // namespace

bool check_books(const CheckSetting& setting, const shred::ArchiveRoot& root, Findings& findings) {
  const auto log = check_log(setting, findings);
  check_key(setting, log ? &*log : nullptr, findings);
  if (log) check_time_stamps(setting, findings);
  if (log) check_clock(setting, log->facts, findings);
  if (log) check_index(setting, log->facts, findings);
  check_root(setting, log ? &log->facts : nullptr, root, findings);
  return log.has_value();
}

}  // namespace expunge::run

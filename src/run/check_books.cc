#include <fmt/format.h>

#include <filesystem>
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

std::optional<audit::Position> remembered_by_index(const CheckSetting& setting) {
  if (setting.index == nullptr) return std::nullopt;
  return remembered(*setting.index);
}

void say_log(const audit::LogState& log, bool index_known, Findings& findings) {
  if (log.torn_bytes > 0) {
    findings.warning("log", fmt::format("{} bytes of a torn line stand at its end", log.torn_bytes),
                     "the next run puts them aside and logs it; look at what it says then");
  }
  findings.ok("log", fmt::format("verifies, continues its checkpoint{}; entries: {}",
                                 index_known ? " and what the index remembers" : "",
                                 base::grouped(log.position.size)));
  if (const auto& before = log.predecessor) {
    findings.note("log", fmt::format("was opened in the place of the log {} ({} entries; {}); "
                                     "what that one says is its own",
                                     before->origin, base::grouped(before->size),
                                     base::printable(before->reason)));
  }
}

/// Nullopt when it cannot be read or trusted.
std::optional<audit::LogState> check_log(const CheckSetting& setting, CheckReport& report,
                                         Findings& findings) {
  const auto known = findings.reading_index([&] { return remembered_by_index(setting); });
  try {
    audit::LogState log =
        audit::read_log(setting.sys, setting.log_place, known, audit::Reading::whole);
    say_log(log, known.has_value(), findings);
    return log;
  } catch (const base::Failure& failure) {
    const std::string words = base::printable(failure.what());
    if (failure.status() == base::ExitStatus::log_untrusted) {
      report.log_trusted = false;
      findings.problem("log", words + ": no run can begin",
                       "change nothing; expunge log verify names the first fault; compare with "
                       "the checkpoints kept elsewhere: expunge-operations(7)");
    } else {
      report.log_read = false;
      findings.problem("log", words + ": no run can begin",
                       "call check as the run's user; else put log.directory right in the "
                       "configuration, or the newest copy of the log back");
    }
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

/// What cannot be read by somebody who makes no runs here may be well all the same.
void unreadable(const CheckSetting& setting, const base::Failure& failure, Findings& findings) {
  const std::string words = base::printable(failure.what());
  if (is_onlooker(setting)) {
    findings.warning("key", "could not be looked at: " + words, "sudo expunge check");
  } else {
    findings.problem("key", words + ": no run can begin",
                     "put the log's own key there, with mode 0600; if there is none any more: "
                     "expunge-operations(7), Losing a key");
  }
}

void check_checkpoint_key(const CheckSetting& setting, const audit::LogState& log,
                          const audit::Secret& passphrase, Findings& findings) {
  const std::string& file = setting.log_keys.checkpoints;
  if (!log.checkpoint_vkey) {
    if (file.empty()) return;
    return findings.problem("key",
                            "the log was opened without a key for its checkpoints, and the "
                            "configuration names one: no run can begin",
                            "take log.checkpoint-key out of the configuration");
  }
  if (file.empty()) {
    return findings.problem("key",
                            "the log's checkpoints are signed by a key of their own, which the "
                            "configuration does not name: no run can begin",
                            "name its file as log.checkpoint-key in the configuration");
  }
  const auto key =
      audit::SigningKey::from_file(setting.sys, setting.log_place.origin, file, passphrase);
  if (key.verifier().vkey() == *log.checkpoint_vkey) {
    return findings.ok("key", "that for checkpoints can be read, and is the log's");
  }
  findings.problem("key",
                   fmt::format("{} is {}, which is not the log's key for checkpoints: no run can "
                               "begin",
                               base::printable(file), key.verifier().id_hex()),
                   "put the log's own key for checkpoints in its place");
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
      return findings.note("key", "can be read; whether it is the log's is unknown");
    }
    if (key.verifier().vkey() == log->vkey) {
      findings.ok("key", "can be read, and is the one in force: " + key.verifier().id_hex());
    } else {
      findings.problem(
          "key",
          fmt::format("is {}, which is not the one in force in the log: no run can begin",
                      key.verifier().id_hex()),
          "put the log's own key in its place (expunge key show says which)");
    }
    check_checkpoint_key(setting, *log, passphrase, findings);
  } catch (const base::Failure& failure) {
    unreadable(setting, failure, findings);
  }
}

/// What a run makes files in, besides the log itself.
void check_directories(const CheckSetting& setting, Findings& findings) {
  for (const char* name : {"checkpoints", "keys"}) {
    const std::string path = setting.log_place.directory + "/" + name;
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) continue;
    if (error && error != std::errc::no_such_file_or_directory) continue;  // said elsewhere
    findings.problem(
        "log", base::printable(path) + " is missing: a run cannot end as it should",
        "put it back from a copy of the log; without one: mkdir -m 0755 " + base::printable(path));
  }
}

void check_clock(const CheckSetting& setting, const audit::LogFacts* facts, Findings& findings) {
  const std::string now = base::to_text(setting.now);
  constexpr const char* kCure = "timedatectl set-ntp true, or see what chrony or ntpd says";
  if (setting.clock_sync == ClockSync::unsynchronised) {
    findings.warning("clock",
                     "the kernel does not know it to be synchronised: nobody vouches for the day "
                     "that a run takes for today",
                     kCure);
  } else if (setting.clock_sync == ClockSync::synchronised) {
    findings.ok("clock", "synchronised, by what the kernel says");
  }
  if (facts == nullptr) return;
  if (facts->last_entry && setting.now < *facts->last_entry) {
    return findings.problem(
        "clock",
        fmt::format("it is {}, and the newest log entry is of {}", now,
                    base::to_text(*facts->last_entry)),
        "put the clock right (timedatectl); if it is right, wait until that time has passed, or "
        "expunge run --accept-clock, once");
  }
  findings.ok("clock", "after the newest log entry: " + now);
}

}  // namespace

std::optional<audit::LogState> check_books(const CheckSetting& setting, CheckReport& report,
                                           Findings& findings) {
  auto log = check_log(setting, report, findings);
  check_directories(setting, findings);
  check_key(setting, log ? &*log : nullptr, findings);
  if (log) check_time_stamps(setting, findings);
  check_clock(setting, log ? &log->facts : nullptr, findings);
  return log;
}

}  // namespace expunge::run

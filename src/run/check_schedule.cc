#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "base/path.h"
#include "base/text.h"
#include "plan/status.h"
#include "run/check_parts.h"
#include "run/schedule_files.h"

namespace expunge::run {
namespace {

constexpr const char* kBegin =
    "systemctl enable --now expunge.timer, or put the cron file in place as /etc/cron.d/expunge "
    "(not both)";

std::string named(const Caller& caller) {
  return caller.timer ? "expunge.timer" : base::printable(caller.file);
}

std::string clock_text(std::chrono::minutes at) {
  return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
}

std::string how(const Caller& caller) {
  return named(caller) + (caller.at ? " at " + clock_text(*caller.at) : "");
}

/// Since when no run has begun; nullopt: one has of late, or none ever did.
std::optional<base::Time> silent_since(const CheckSetting& setting, const audit::LogState* log) {
  if (log == nullptr || !log->facts.last_run_start) return std::nullopt;
  const base::Time last = log->facts.last_run_start->time;
  return setting.now - last > plan::kMostSilence ? std::optional(last) : std::nullopt;
}

void say_none(const CheckSetting& setting, const audit::LogState* log, Findings& findings) {
  const auto since = silent_since(setting, log);
  if (since) {
    return findings.warning("schedule",
                            "nothing runs it at night: no run has begun since " +
                                base::to_text(*since) +
                                ", and neither a line for cron nor an "
                                "enabled expunge.timer is found here",
                            kBegin);
  }
  if (log != nullptr && log->facts.last_run_start) {
    return findings.note("schedule",
                         "neither a line for cron nor an enabled expunge.timer is found here, but "
                         "a run began at " +
                             base::to_text(log->facts.last_run_start->time),
                         fmt::format("if nothing else calls it: {}", kBegin));
  }
  findings.warning("schedule",
                   "nothing runs it at night: neither a line for cron nor an enabled "
                   "expunge.timer is found here",
                   kBegin);
}

void say_times(const CheckSetting& setting, const std::vector<Caller>& callers,
               Findings& findings) {
  if (!setting.next_run) return;
  const std::chrono::minutes at = setting.next_run->at;
  // What calls it twice a night may do so.
  const bool expected = std::any_of(callers.begin(), callers.end(),
                                    [&](const Caller& each) { return !each.at || each.at == at; });
  if (expected || callers.empty()) return;
  findings.warning(
      "schedule",
      fmt::format("{} differs from {} under [run] in the configuration: plan and "
                  "approval are for another time than the run",
                  how(callers.front()), clock_text(at)),
      fmt::format("write at = {} there, or change the other", clock_text(*callers.front().at)));
}

/// Whether cron and systemd, which go by the machine's zone, mean another time by the same hour.
void say_zone(const CheckSetting& setting, Findings& findings) {
  if (!setting.next_run) return;
  const policy::TimeZone& zone = setting.next_run->schedule->time_zone;
  const auto now = std::chrono::floor<std::chrono::seconds>(setting.now);
  for (const auto& at : {now, now + std::chrono::days{182}}) {
    const std::time_t instant = std::chrono::system_clock::to_time_t(at);
    struct tm local {};
    if (::localtime_r(&instant, &local) == nullptr) return;
    const std::chrono::seconds here = std::chrono::hours{local.tm_hour} +
                                      std::chrono::minutes{local.tm_min} +
                                      std::chrono::seconds{local.tm_sec};
    if (zone.wall_clock(at).time_of_day == here) continue;
    return findings.note("schedule",
                         fmt::format("this machine's clocks do not always show the time of {}, by "
                                     "which plan and approval know the hour of the run",
                                     zone.name()),
                         "timedatectl set-timezone " + zone.name());
  }
}

void say_silence(const CheckSetting& setting, const audit::LogState* log, const Caller& caller,
                 Findings& findings) {
  const auto since = silent_since(setting, log);
  if (!since) return;
  findings.warning("schedule",
                   fmt::format("no run has begun since {}, although {} is there",
                               base::to_text(*since), named(caller)),
                   caller.timer ? "systemctl status expunge.timer expunge.service; journalctl -u "
                                  "expunge.service"
                                : "see that cron runs (systemctl status cron) and what it mailed");
}

/// The words of a list as systemd.syntax(7) has it: parted by space, quoted where they hold any.
std::vector<std::string> words_of(const std::string& value) {
  std::vector<std::string> words(1);
  char quote = 0;
  for (const char c : value) {
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// With one slash at its end, and as it is where it cannot be resolved.
std::string resolved(const std::string& path) {
  std::error_code error;
  std::string text = std::filesystem::weakly_canonical(path, error).string();
  if (error || text.empty()) text = path;
  while (text.ends_with('/')) text.pop_back();
  return text + "/";
}

/// Whether any of `values`, lists of paths as systemd.exec(5) has them, holds the path.
bool covers(const std::vector<std::string>& values, const std::string& path) {
  const std::string wanted = resolved(path);
  for (const std::string& value : values) {
    for (std::string each : words_of(value)) {
      // `-`: may be missing; `+`: beneath RootDirectory=; in this order, and systemd ignores what
      // is no absolute path then.
      for (const char prefix : {'-', '+'}) {
        if (each.starts_with(prefix)) each.erase(0, 1);
      }
      if (each.starts_with('/') && wanted.starts_with(resolved(each))) return true;
    }
  }
  return false;
}

std::string as_word(const std::string& path) {
  return path.find(' ') == std::string::npos ? path : '"' + path + '"';
}

std::string make_writable(const std::string& path) {
  return fmt::format("systemctl edit expunge.service, and there: [Service] ReadWritePaths={}",
                     base::printable(as_word(path)));
}

/// What the service's sandbox leaves it.
void say_service(const CheckSetting& setting, const SchedulePlaces& places, Findings& findings) {
  constexpr const char* kService = "expunge.service";
  const auto protect = unit_values(setting.sys, places, kService, "ProtectSystem");
  if (!protect.empty() && protect.back() == "strict") {
    const auto writable = unit_values(setting.sys, places, kService, "ReadWritePaths");
    std::vector<std::string> needed = {setting.archive_root, base::parent_of(setting.index_path),
                                       setting.log_place.directory};
    if (setting.rotate == Rotate::every_run) {
      needed.push_back(base::parent_of(setting.log_keys.entries));
    }
    for (const std::string& each : needed) {
      if (covers(writable, each)) continue;
      findings.problem("schedule",
                       fmt::format("expunge.service may not write to {}: a run that the timer "
                                   "begins fails",
                                   base::printable(each)),
                       make_writable(each));
    }
    for (const std::string& each : setting.metrics_directories) {
      if (covers(writable, each)) continue;
      findings.warning("schedule",
                       fmt::format("expunge.service may not write to {}: a run that the timer "
                                   "begins leaves metrics.textfile as it is",
                                   base::printable(each)),
                       make_writable(each));
    }
  }
  for (const std::string& value : unit_values(setting.sys, places, kService, "Environment")) {
    constexpr std::string_view kName = "EXPUNGE_CONFIG=";
    if (!value.starts_with(kName) || setting.config_path.empty()) continue;
    std::error_code error;
    const std::string other = value.substr(kName.size());
    if (std::filesystem::equivalent(other, setting.config_path, error)) continue;
    findings.note("schedule",
                  fmt::format("expunge.service reads {}, and this check is of {}",
                              base::printable(other), base::printable(setting.config_path)),
                  "expunge --config " + base::printable(other) + " check");
  }
}

}  // namespace

void check_schedule(const CheckSetting& setting, const audit::LogState* log, Findings& findings) {
  if (!setting.schedule_places) return;
  const SchedulePlaces& places = *setting.schedule_places;
  std::vector<Caller> callers = find_callers(setting.sys, places);
  std::erase_if(callers, [&](const Caller& caller) {
    std::string why = caller.passed_over;
    std::string remedy = caller.remedy;
    std::error_code error;
    if (caller.timer && !std::filesystem::exists(places.booted, error)) {
      why = "systemd is not what this machine was booted with";
      remedy = "put the cron file in place as /etc/cron.d/expunge";
    }
    if (why.empty()) return false;
    findings.warning("schedule", fmt::format("{} calls a run, but in vain: {}", named(caller), why),
                     remedy);
    return true;
  });
  if (callers.empty()) return say_none(setting, log, findings);
  const Caller& first = callers.front();
  const auto other = std::find_if(callers.begin(), callers.end(),
                                  [&](const Caller& each) { return each.file != first.file; });
  if (other != callers.end()) {
    findings.warning("schedule",
                     fmt::format("two schedules call it: {} and {}", how(first), how(*other)),
                     fmt::format("keep one: {}, or rm {}",
                                 other->timer ? "systemctl disable --now expunge.timer"
                                              : "rm " + base::printable(other->file),
                                 base::printable(first.file)));
  } else {
    findings.ok("schedule", how(first) + " calls it");
  }
  if (log != nullptr && !log->facts.last_run_start) {
    findings.note("schedule", "no run has begun under this log yet");
  }
  say_times(setting, callers, findings);
  say_zone(setting, findings);
  say_silence(setting, log, first, findings);
  if (std::any_of(callers.begin(), callers.end(), [](const Caller& each) { return each.timer; })) {
    say_service(setting, places, findings);
  }
}

}  // namespace expunge::run

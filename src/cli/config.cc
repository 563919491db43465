#include "cli/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/config_values.h"
#include "cli/dates.h"

namespace expunge::cli {
namespace {

constexpr unsigned kMaxWorkers = 64;

/// Requires sorted departments.
std::vector<policy::Alias> read_aliases(const ConfigValues& values,
                                        const std::vector<policy::Department>& departments) {
  std::vector<policy::Alias> aliases;
  for (const std::string& text : values.list("retention.alias")) {
    const auto alias = policy::parse_alias(text, departments);
    if (!alias) {
      values.refuse("retention.alias", text,
                    fmt::format("'{}' is not 'ALIAS: DEPARTMENT', as in 'Cust Svcs: Customer "
                                "Services', with a department that retention.department names",
                                base::printable(text)));
    }
    const auto is_it = [&](const auto& each) { return each.name == alias->name; };
    if (std::any_of(departments.begin(), departments.end(), is_it)) {
      values.refuse("retention.alias", text,
                    fmt::format("'{}' is itself a department", base::printable(alias->name)));
    }
    if (std::any_of(aliases.begin(), aliases.end(), is_it)) {
      values.refuse("retention.alias", text,
                    fmt::format("'{}' is given twice", base::printable(alias->name)));
    }
    aliases.push_back(*alias);
  }
  std::sort(aliases.begin(), aliases.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return aliases;
}

policy::RetentionSchedule read_schedule(const ConfigValues& values) {
  const std::string zone_name = values.text_or("retention.timezone", "Europe/London");
  auto zone = policy::TimeZone::find(zone_name);
  if (!zone) {
    values.refuse("retention.timezone",
                  fmt::format("'{}' is not in the system's time zone database (package tzdata)",
                              base::printable(zone_name)));
  }
  policy::RetentionSchedule schedule{*zone, {}, values.text_or("retention.schedule", ""), {}};
  if (schedule.reference.size() > 128 || !base::is_utf8(schedule.reference)) {
    values.refuse_value("retention.schedule", schedule.reference,
                        "at most 128 bytes of UTF-8 are allowed");
  }
  const std::vector<std::string> departments = values.list("retention.department");
  if (departments.empty()) {
    values.refuse("retention.department", "is missing; at least one is needed");
  }
  for (const std::string& text : departments) {
    const auto department = policy::parse_department(text);
    if (!department) {
      values.refuse("retention.department", text,
                    fmt::format("'{}' is not 'NAME: PERIOD', as in 'Customer Services: 12 months' "
                                "(days, weeks, months or years, up to 999)",
                                base::printable(text)));
    }
    schedule.departments.push_back(*department);
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::sort(schedule.departments.begin(), schedule.departments.end(), by_name);
  const auto twice =
      std::adjacent_find(schedule.departments.begin(), schedule.departments.end(),
                         [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != schedule.departments.end()) {
    const auto again = std::find_if(
        departments.rbegin(), departments.rend(),
        [&](const auto& each) { return policy::parse_department(each)->name == twice->name; });
    values.refuse("retention.department", *again,
                  fmt::format("'{}' is given twice", base::printable(twice->name)));
  }
  schedule.aliases = read_aliases(values, schedule.departments);
  const std::string earliest = values.text_or("retention.earliest", "2000-01-01");
  const auto date = base::parse_date(earliest);
  if (!date) values.refuse("retention.earliest", date_fault(earliest));
  schedule.earliest = *date;
  return schedule;
}

/// `5%` or `0.5%`, in thousandths.
std::optional<unsigned> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text = base::trim(text.substr(0, text.size() - 1));
  const auto dot = text.find('.');
  const auto whole = base::parse_number(text.substr(0, dot));
  std::uint64_t tenths = 0;
  if (dot != std::string_view::npos) {
    const auto fraction = base::parse_number(text.substr(dot + 1));
    if (!fraction || *fraction > 9) return std::nullopt;
    tenths = *fraction;
  }
  if (!whole || *whole > 100 || *whole * 10 + tenths > 1000) return std::nullopt;
  return static_cast<unsigned>(*whole * 10 + tenths);
}

plan::Safety read_safety(const ConfigValues& values) {
  plan::Safety safety;
  const auto share = parse_share(values.text_or("safety.max-share", "5%"));
  if (!share)
    values.refuse_value(
        "safety.max-share", values.text("safety.max-share"),
        "a share from 0% to 100%, with one decimal at most, as 5% or 0.5%, is allowed");
  safety.max_share_permille = *share;
  if (const std::string count = values.text_or("safety.max-count", ""); !count.empty()) {
    safety.max_count = base::parse_number(count);
    if (!safety.max_count)
      values.refuse_value("safety.max-count", count, "a whole number is allowed");
  }
  const std::string step = values.text_or("safety.max-clock-step", "7 days");
  const auto period = policy::parse_period(step);
  if (!period || period->unit != policy::Period::Unit::days) {
    values.refuse_value("safety.max-clock-step", step, "a number of days, as '7 days', is allowed");
  }
  safety.max_clock_step = std::chrono::days{period->count};
  return safety;
}

run::Limits read_limits(const ConfigValues& values) {
  run::Limits limits;
  if (values.text_or("destruction.passes", "1") != "1") {
    values.refuse_value(
        "destruction.passes", values.text("destruction.passes"),
        "only 1 is allowed: one verified pass is what can be proved, and more add nothing");
  }
  const auto workers = base::parse_number(values.text_or("destruction.workers", "8"));
  if (!workers || *workers == 0 || *workers > kMaxWorkers) {
    values.refuse_value("destruction.workers", values.text("destruction.workers"),
                        fmt::format("1 to {} are allowed", kMaxWorkers));
  }
  limits.workers = static_cast<unsigned>(*workers);
  limits.fingerprint = values.choice("destruction.fingerprint", {"yes", "no"}) == 0
                           ? shred::Fingerprint::yes
                           : shred::Fingerprint::no;
  limits.accept = values.choice("destruction.accept", {"overwritten", "unlinked"}) == 0
                      ? shred::Accept::overwritten
                      : shred::Accept::unlinked;
  return limits;
}

run::Rotate read_rotate(const ConfigValues& values) {
  if (values.choice("log.rotate", {"never", "every-run"}) == 0) return run::Rotate::never;
  if (values.absolute_path_or_none("log.checkpoint-key").empty()) {
    values.refuse("log.rotate",
                  "every-run needs log.checkpoint-key, so that a certificate needs one public key "
                  "and not each night's");
  }
  return run::Rotate::every_run;
}

HoldRules read_hold_rules(const ConfigValues& values) {
  HoldRules rules;
  const std::string text = values.text_or("holds.release-delay", "7 days");
  const auto delay = policy::parse_period(text);
  const bool is_days = delay && delay->unit == policy::Period::Unit::days && delay->count <= 90;
  if (!is_days && text != "none") {
    values.refuse_value("holds.release-delay", text,
                        "a number of days up to 90, as '7 days', or none is allowed");
  }
  rules.release_delay = std::chrono::days{is_days ? delay->count : 0};
  rules.needs_two = values.choice("holds.release", {"one-person", "two-person"}) == 1;
  return rules;
}

run::Approval read_approval(const ConfigValues& values) {
  return std::array{run::Approval::at_a_brake, run::Approval::required,
                    run::Approval::two_person}[values.choice(
      "run.approval", {"at-a-brake", "required", "two-person"})];
}

std::chrono::minutes read_run_at(const ConfigValues& values) {
  const std::string at = values.text_or("run.at", "02:00");
  const auto written = base::parse_written_time("2000-01-01 " + at + ":00");
  if (!written || written->utc_offset || at.size() != 5) {
    values.refuse_value("run.at", at, "a time of day as 02:00 is allowed");
  }
  return std::chrono::duration_cast<std::chrono::minutes>(written->wall.time_of_day);
}

MessagesTo read_messages_to(const ConfigValues& values) {
  return std::array{
      MessagesTo::automatic, MessagesTo::standard_error, MessagesTo::journal,
      MessagesTo::syslog}[values.choice("messages.to", {"auto", "stderr", "journal", "syslog"})];
}

/// By name, with `.`, `..` and links resolved as far as the paths exist.
bool lies_below(const std::string& path, const std::string& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path real_path = fs::weakly_canonical(path, error);
  const fs::path real_root = error ? fs::path() : fs::weakly_canonical(root, error);
  if (error) return false;  // whoever opens them says why they cannot be reached
  return std::mismatch(real_root.begin(), real_root.end(), real_path.begin(), real_path.end())
             .first == real_root.end();
}

using Place = std::pair<const char*, std::string>;  // key, path

void check_places(const ConfigValues& values, const std::string& archive_root,
                  const std::vector<Place>& places) {
  for (const auto& [key, place] : places) {
    if (!place.empty() && lies_below(place, archive_root)) {
      values.refuse(key, "must not lie below archive.root: what lies there may be destroyed");
    }
  }
}

/// A run, confined, may write where the file lies.
void check_textfile(const ConfigValues& values, const Config& config, std::vector<Place> places) {
  const std::string& textfile = config.metrics_textfile;
  if (textfile.empty()) return;
  if (!textfile.ends_with(".prom")) {
    values.refuse("metrics.textfile", fmt::format("'{}' does not end in .prom, as the textfile "
                                                  "collector wants it",
                                                  base::printable(textfile)));
  }
  const auto slash = textfile.rfind('/');
  const std::string directory = slash == 0 ? "/" : textfile.substr(0, slash);
  places.emplace_back("archive.root", config.archive_root);
  places.emplace_back("this configuration", config.path);
  for (const auto& [key, place] : places) {
    if (place.empty() || key == std::string_view("metrics.textfile") ||
        !lies_below(place, directory))
      continue;
    values.refuse("metrics.textfile",
                  fmt::format("'{}' must not be in a directory that holds {}: a run may write "
                              "there; give it one of its own",
                              base::printable(textfile), key));
  }
}

}  // namespace

bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '+' && c != '#' && c != '"' && c != '\\';
  });
}

bool is_reference(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '/' || c == '.';
  });
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = base::parse_number(text.substr(0, text.size() - 1));
  if (!number || *number > 100000) return std::nullopt;
  switch (text.back()) {
    case 'h':
      return std::chrono::hours{*number};
    case 'm':
      return std::chrono::minutes{*number};
    case 's':
      return std::chrono::seconds{*number};
    default:
      return std::nullopt;
  }
}

Config load_config(base::Sys& sys, const std::string& path) {
  const ConfigValues values = ConfigValues::read(sys, path);
  Config config{
      path,
      values.absolute_path("archive.root"),
      values.absolute_path("archive.index"),
      read_schedule(values),
      read_safety(values),
      read_limits(values),
      {values.absolute_path("log.directory"), values.text("log.origin")},
      {values.absolute_path("log.key"), values.absolute_path_or_none("log.checkpoint-key"),
       values.absolute_path_or_none("log.key-passphrase-file")},
      read_rotate(values),
      values.absolute_path_or_none("log.anchor"),
      values.limit("log.anchor-limit", "60s"),
      read_run_at(values),
      read_approval(values),
      values.absolute_path_or_none("run.after"),
      values.limit("run.after-limit", "5m"),
      read_hold_rules(values),
      values.text_or("notice.controller", ""),
      values.text_or("notice.contact", ""),
      values.absolute_path_or_none("metrics.textfile"),
      read_messages_to(values)};
  const std::vector<Place> places = {{"archive.index", config.index_path},
                                     {"log.directory", config.log.directory},
                                     {"log.key", config.log_keys.entries},
                                     {"log.checkpoint-key", config.log_keys.checkpoints},
                                     {"log.key-passphrase-file", config.log_keys.passphrase_file},
                                     {"log.anchor", config.anchor},
                                     {"run.after", config.after},
                                     {"metrics.textfile", config.metrics_textfile}};
  check_places(values, config.archive_root, places);
  check_textfile(values, config, places);
  if (!is_origin(config.log.origin)) {
    values.refuse_value(
        "log.origin", config.log.origin,
        "1 to 128 printable ASCII characters without spaces, '+', '#', '\"' and '\\' are "
        "allowed, as "
        "recordings.example.gov.uk/destruction-log");
  }
  return config;
}

Config configure(base::Sys& sys, const Global& global) {
  Config config = load_config(sys, config_path(global.config));
  direct_messages(config.messages_to);
  return config;
}

std::string config_path(const std::string& option) {
  if (!option.empty()) return option;
  const char* variable = std::getenv("EXPUNGE_CONFIG");
  if (variable != nullptr && *variable != '\0') return variable;
  return config_path_by_default();
}

std::string config_path_by_default() {
  return "/etc/expunge/expunge.conf";
}

}  // namespace expunge::cli

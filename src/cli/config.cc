#include "cli/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/option_error.h"

namespace expunge::cli {
namespace {

namespace po = boost::program_options;
using base::ExitStatus;
using base::Failure;

constexpr unsigned kMaxWorkers = 64;

po::options_description keys() {
  po::options_description known;
  const auto one = [&known](const char* key) {
    known.add_options()(key, po::value<std::string>());
  };
  for (const char* key :
       {"archive.root", "archive.index", "retention.timezone", "retention.schedule",
        "retention.earliest", "safety.max-share", "safety.max-count", "safety.max-clock-step",
        "destruction.passes", "destruction.workers", "destruction.fingerprint",
        "destruction.accept", "log.directory", "log.origin", "log.key", "run.at",
        "notice.controller", "notice.contact"}) {
    one(key);
  }
  known.add_options()("retention.department", po::value<std::vector<std::string>>());
  return known;
}

/// Reads one value after another, and names file, key and remedy when one is wrong.
class Values {
 public:
  Values(std::string path, po::variables_map values)
      : path_(std::move(path)), values_(std::move(values)) {}

  [[noreturn]] void refuse(const std::string& key, const std::string& allowed) const {
    throw Failure(ExitStatus::usage, fmt::format("{}: {}: {}", path_, key, allowed));
  }

  [[nodiscard]] std::string text(const std::string& key) const {
    if (values_.count(key) == 0) refuse(key, "is missing");
    return values_[key].as<std::string>();
  }

  [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const {
    return values_.count(key) == 0 ? otherwise : values_[key].as<std::string>();
  }

  [[nodiscard]] std::vector<std::string> list(const std::string& key) const {
    if (values_.count(key) == 0) refuse(key, "is missing; at least one is needed");
    return values_[key].as<std::vector<std::string>>();
  }

  [[nodiscard]] std::string absolute_path(const std::string& key) const {
    std::string value = text(key);
    if (!value.starts_with('/')) {
      refuse(key, fmt::format("'{}' is not an absolute path", base::printable(value)));
    }
    // The kernel would stop there, at another path than the one that stands in the file.
    if (value.find('\0') != std::string::npos) {
      refuse(key, fmt::format("'{}' has a NUL byte", base::printable(value)));
    }
    return value;
  }

 private:
  std::string path_;
  po::variables_map values_;
};

Values parse(base::Sys& sys, const std::string& path) {
  std::istringstream in(base::read_file(sys, path));
  po::variables_map values;
  try {
    po::store(po::parse_config_file(in, keys(), false), values);
  } catch (const po::unknown_option& error) {
    throw Failure(ExitStatus::usage, fmt::format("{}: unknown key '{}'; see expunge.conf(5)", path,
                                                 base::printable(error.get_option_name())));
  } catch (po::error_with_option_name& error) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{}: {}; see expunge.conf(5)", path, describe(error)));
  } catch (const po::error& error) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{}: {}; see expunge.conf(5)", path, base::printable(error.what())));
  }
  return {path, std::move(values)};
}

policy::RetentionSchedule read_schedule(const Values& values) {
  const std::string zone_name = values.text_or("retention.timezone", "Europe/London");
  auto zone = policy::TimeZone::find(zone_name);
  if (!zone) {
    values.refuse("retention.timezone",
                  fmt::format("'{}' is not in the system's time zone database (package tzdata)",
                              base::printable(zone_name)));
  }
  policy::RetentionSchedule schedule{*zone, {}, values.text_or("retention.schedule", ""), {}};
  if (schedule.reference.size() > 128 || !base::is_utf8(schedule.reference)) {
    values.refuse("retention.schedule", "at most 128 bytes of UTF-8 are allowed");
  }
  for (const std::string& text : values.list("retention.department")) {
    const auto department = policy::parse_department(text);
    if (!department) {
      values.refuse("retention.department",
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
    values.refuse("retention.department",
                  fmt::format("'{}' is given twice", base::printable(twice->name)));
  }
  const std::string earliest = values.text_or("retention.earliest", "2000-01-01");
  const auto date = base::parse_date(earliest);
  if (!date) values.refuse("retention.earliest", "a date as 2000-01-01 is allowed");
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

plan::Safety read_safety(const Values& values) {
  plan::Safety safety;
  const auto share = parse_share(values.text_or("safety.max-share", "5%"));
  if (!share)
    values.refuse("safety.max-share", "a share from 0% to 100%, as 5% or 0.5%, is allowed");
  safety.max_share_permille = *share;
  if (const std::string count = values.text_or("safety.max-count", ""); !count.empty()) {
    safety.max_count = base::parse_number(count);
    if (!safety.max_count) values.refuse("safety.max-count", "a whole number is allowed");
  }
  const std::string step = values.text_or("safety.max-clock-step", "7 days");
  const auto period = policy::parse_period(step);
  if (!period || period->unit != policy::Period::Unit::days) {
    values.refuse("safety.max-clock-step", "a number of days, as '7 days', is allowed");
  }
  safety.max_clock_step = std::chrono::days{period->count};
  return safety;
}

run::Limits read_limits(const Values& values) {
  run::Limits limits;
  if (values.text_or("destruction.passes", "1") != "1") {
    values.refuse(
        "destruction.passes",
        "only 1 is allowed: one verified pass is what can be proved, and more add nothing");
  }
  const auto workers = base::parse_number(values.text_or("destruction.workers", "8"));
  if (!workers || *workers == 0 || *workers > kMaxWorkers) {
    values.refuse("destruction.workers", fmt::format("1 to {} are allowed", kMaxWorkers));
  }
  limits.workers = static_cast<unsigned>(*workers);
  const std::string fingerprint = values.text_or("destruction.fingerprint", "yes");
  if (fingerprint != "yes" && fingerprint != "no") {
    values.refuse("destruction.fingerprint", "yes or no is allowed");
  }
  limits.fingerprint = fingerprint == "yes" ? shred::Fingerprint::yes : shred::Fingerprint::no;
  const std::string accept = values.text_or("destruction.accept", "overwritten");
  if (accept != "overwritten" && accept != "unlinked") {
    values.refuse("destruction.accept", "overwritten or unlinked is allowed");
  }
  limits.accept = accept == "unlinked" ? shred::Accept::unlinked : shred::Accept::overwritten;
  return limits;
}

std::chrono::minutes read_run_at(const Values& values) {
  const std::string at = values.text_or("run.at", "02:00");
  const auto written = base::parse_written_time("2000-01-01 " + at + ":00");
  if (!written || written->utc_offset || at.size() != 5) {
    values.refuse("run.at", "a time of day as 02:00 is allowed");
  }
  return std::chrono::duration_cast<std::chrono::minutes>(written->wall.time_of_day);
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

}  // namespace

bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '+' && c != '#' && c != '"' && c != '\\';
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
  const Values values = parse(sys, path);
  Config config{path,
                values.absolute_path("archive.root"),
                values.absolute_path("archive.index"),
                read_schedule(values),
                read_safety(values),
                read_limits(values),
                {values.absolute_path("log.directory"), values.text("log.origin")},
                values.absolute_path("log.key"),
                read_run_at(values),
                values.text_or("notice.controller", ""),
                values.text_or("notice.contact", "")};
  const std::pair<const char*, std::string> books[] = {{"archive.index", config.index_path},
                                                       {"log.directory", config.log.directory},
                                                       {"log.key", config.log_key_path}};
  for (const auto& [key, place] : books) {
    if (lies_below(place, config.archive_root)) {
      values.refuse(key, "must not lie below archive.root: what lies there may be destroyed");
    }
  }
  if (!is_origin(config.log.origin)) {
    values.refuse("log.origin",
                  "1 to 128 printable ASCII characters without spaces, '+', '#', '\"' and '\\' are "
                  "allowed, as "
                  "recordings.example.gov.uk/destruction-log");
  }
  return config;
}

std::string config_path(const std::string& option) {
  if (!option.empty()) return option;
  const char* variable = std::getenv("EXPUNGE_CONFIG");
  if (variable != nullptr && *variable != '\0') return variable;
  return "/etc/expunge/expunge.conf";
}

std::string config_text(const NewConfig& config) {
  std::string text = fmt::format(
      "# expunge: what is kept for how long, and where it is. See expunge.conf(5).\n"
      "[archive]\n"
      "root  = {}\n"
      "index = {}\n"
      "\n"
      "[retention]\n"
      "# Days are counted in this time zone. A department that is not named here is never "
      "touched.\n"
      "timezone   = {}\n",
      config.archive_root, config.index_path, config.time_zone);
  for (const policy::Department& department : config.departments) {
    text +=
        fmt::format("department = {}: {}\n", department.name, policy::to_text(department.period));
  }
  text += fmt::format(
      "\n[safety]\n"
      "# More than this at once, and a person must say yes to the plan first.\n"
      "max-share      = 5%\n"
      "max-clock-step = 7 days\n"
      "\n"
      "[destruction]\n"
      "passes  = 1\n"
      "workers = 8\n"
      "\n"
      "[log]\n"
      "directory = {}\n"
      "origin    = {}\n"
      "key       = {}\n"
      "\n"
      "[run]\n"
      "# When the nightly run starts, so that expunge plan shows what tonight will do.\n"
      "at = 02:00\n"
      "\n"
      "[notice]\n"
      "controller = {}\n"
      "contact    = {}\n",
      config.log_directory, config.origin, config.key_path, config.controller, config.contact);
  return text;
}

}  // namespace expunge::cli

#include "run/schedule_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTimer = "expunge.timer";
/// Where packages and administrators install units, besides the place for those of the machine.
constexpr const char* kUnitPlaces[] = {"/run/systemd/system", "/usr/local/lib/systemd/system",
                                       "/usr/lib/systemd/system", "/lib/systemd/system"};

std::string text_of(base::Sys& sys, const std::string& path) {
  try {
    return base::read_file(sys, path);
  } catch (const base::Failure&) {
    return "";
  }
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  return words;
}

/// `expunge`, by whatever path, and after it the command `run`, for good.
bool calls_run(const std::vector<std::string>& words, std::size_t from) {
  bool program = false;
  bool run = false;
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "expunge" || word.ends_with("/expunge")) program = true;
    if (program && word == "run") run = true;
    if (run && word == "--dry-run") return false;
  }
  return run;
}

std::optional<std::chrono::minutes> time_of(std::string_view hour, std::string_view minute) {
  // parse_number() takes no zeros in front.
  const auto bare = [](std::string_view text) {
    return text.size() == 2 && text[0] == '0' ? text.substr(1) : text;
  };
  const auto h = base::parse_number(bare(hour));
  const auto m = base::parse_number(bare(minute));
  if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
  return std::chrono::hours{*h} + std::chrono::minutes{*m};
}

/// Names that cron reads in its directory, by what run-parts(8) takes.
bool is_cron_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void judge_cron_file(Caller& caller) {
  struct stat status {};
  const std::string name = fs::path(caller.file).filename().string();
  const std::string file = base::printable(caller.file);
  if (!is_cron_name(name)) {
    const std::string stem = base::printable(name.substr(0, name.find('.')));
    caller.passed_over = "its name is none that cron reads (letters, digits, - and _)";
    caller.remedy = fmt::format("mv {} {}/{}", file,
                                base::printable(fs::path(caller.file).parent_path().string()),
                                stem.empty() ? "expunge" : stem);
  } else if (::stat(caller.file.c_str(), &status) == 0 && status.st_uid != 0) {
    caller.passed_over = "it does not belong to root";
    caller.remedy = "chown root " + file;
  } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    caller.passed_over = "others than root may write to it";
    caller.remedy = "chmod go-w " + file;
  }
}

void add_cron_file(base::Sys& sys, const std::string& path, std::vector<Caller>& callers) {
  const std::string text = text_of(sys, path);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Caller caller{path, false, std::nullopt, "", ""};
    if (!parse_cron_line(line, caller.at)) continue;
    judge_cron_file(caller);
    if (lines.eof() && caller.passed_over.empty()) {  // the last one, without a line feed
      caller.passed_over = "the line does not end in a line feed";
      caller.remedy = "echo >> " + base::printable(path);
    }
    callers.push_back(std::move(caller));
  }
}

/// The unit file that systemd reads; empty: none is found.
std::string unit_file(const SchedulePlaces& places, const std::string& unit) {
  std::error_code error;
  std::vector<std::string> candidates = {places.units + "/" + unit};
  // The timer's link says where the package that it came with has its units.
  const fs::path enabled = places.units + "/timers.target.wants/" + kTimer;
  if (fs::is_symlink(enabled, error)) {
    candidates.push_back((fs::weakly_canonical(enabled, error).parent_path() / unit).string());
  }
  for (const char* place : kUnitPlaces) candidates.push_back(std::string(place) + "/" + unit);
  for (const std::string& each : candidates) {
    if (fs::exists(each, error)) return each;
  }
  return "";
}

std::vector<std::string> sorted_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator each(directory, error);
  while (!error && each != fs::directory_iterator()) {
    files.push_back(each->path().string());
    each.increment(error);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void add_timer(base::Sys& sys, const SchedulePlaces& places, std::vector<Caller>& callers) {
  std::error_code error;
  const std::string link = places.units + "/timers.target.wants/" + kTimer;
  if (!fs::is_symlink(link, error) && !fs::exists(link, error)) return;
  const std::string file = unit_file(places, kTimer);
  // Masked, or of a package that is gone.
  if (file.empty() || !fs::is_regular_file(file, error)) return;
  Caller caller{file, true, std::nullopt, "", ""};
  const auto times = unit_values(sys, places, kTimer, "OnCalendar");
  if (times.size() == 1) caller.at = parse_on_calendar(times.front());
  callers.push_back(std::move(caller));
}

}  // namespace

bool parse_cron_line(std::string_view line, std::optional<std::chrono::minutes>& at) {
  const std::vector<std::string> words = words_of(line);
  if (words.empty() || words[0].starts_with('#')) return false;
  at.reset();
  if (words[0].starts_with('@')) {
    if (!calls_run(words, 2)) return false;
    if (words[0] == "@daily" || words[0] == "@midnight") at = std::chrono::minutes{0};
    return true;
  }
  constexpr std::size_t kCommandAt = 6;  // five fields and a user before it
  if (words.size() <= kCommandAt || words[0].find('=') != std::string::npos) return false;
  if (!calls_run(words, kCommandAt)) return false;
  at = time_of(words[1], words[0]);
  return true;
}

std::optional<std::chrono::minutes> parse_on_calendar(std::string_view text) {
  text = base::trim(text);
  if (text == "daily") return std::chrono::minutes{0};
  if (text.starts_with("*-*-* ")) text = base::trim(text.substr(6));
  const auto first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = text.find(':', first + 1);
  if (second != std::string_view::npos && text.substr(second + 1) != "00") return std::nullopt;
  return time_of(
      text.substr(0, first),
      text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
}

std::vector<std::string> unit_values(base::Sys& sys, const SchedulePlaces& places,
                                     const std::string& unit, std::string_view name) {
  std::vector<std::string> files = {unit_file(places, unit)};
  for (const std::string& each : sorted_files(places.units + "/" + unit + ".d")) {
    if (each.ends_with(".conf")) files.push_back(each);
  }
  std::vector<std::string> values;
  for (const std::string& file : files) {
    if (file.empty()) continue;
    std::istringstream lines(text_of(sys, file));
    for (std::string line; std::getline(lines, line);) {
      const std::string_view trimmed = base::trim(line);
      const auto equals = trimmed.find('=');
      if (trimmed.starts_with('#') || equals == std::string_view::npos) continue;
      if (base::trim(trimmed.substr(0, equals)) != name) continue;
      const std::string_view value = base::trim(trimmed.substr(equals + 1));
      if (value.empty()) {
        values.clear();
      } else {
        values.emplace_back(value);
      }
    }
  }
  return values;
}

std::vector<Caller> find_callers(base::Sys& sys, const SchedulePlaces& places) {
  std::vector<Caller> callers;
  std::error_code error;
  if (fs::exists(places.crontab, error)) add_cron_file(sys, places.crontab, callers);
  for (const std::string& each : sorted_files(places.cron_directory)) {
    if (fs::is_regular_file(each, error)) add_cron_file(sys, each, callers);
  }
  add_timer(sys, places, callers);
  return callers;
}

}  // namespace expunge::run

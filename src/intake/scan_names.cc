#include "intake/scan_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace expunge::intake {
namespace {

constexpr std::size_t kMaxExtensionBytes = 8;

constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kRoles = {{
    {"wav", "audio"},      {"wave", "audio"},     {"mp3", "audio"},      {"gsm", "audio"},
    {"ogg", "audio"},      {"opus", "audio"},     {"oga", "audio"},      {"flac", "audio"},
    {"aiff", "audio"},     {"aif", "audio"},      {"au", "audio"},       {"snd", "audio"},
    {"ulaw", "audio"},     {"alaw", "audio"},     {"sln", "audio"},      {"m4a", "audio"},
    {"webm", "audio"},     {"txt", "transcript"}, {"vtt", "transcript"}, {"srt", "transcript"},
    {"json", "sidecar"},   {"xml", "sidecar"},    {"csv", "sidecar"},    {"md5", "sidecar"},
    {"sha256", "sidecar"}, {"key", "key"},        {"sig", "sidecar"},
}};

constexpr std::array<std::string_view, 3> kLegs = {"-in", "-out", "-all"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// With a letter first: what follows the last point of `1700000000.42` is no extension.
bool is_extension(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && text.size() <= kMaxExtensionBytes && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// Cuts the extension off, with its point; empty when there is none.
std::string_view cut_extension(std::string_view& path) {
  const auto point = path.rfind('.');
  const auto slash = path.rfind('/');
  const std::size_t first = slash == std::string_view::npos ? 0 : slash + 1;
  if (point == std::string_view::npos || point <= first) return {};
  const std::string_view extension = path.substr(point + 1);
  if (!is_extension(extension)) return {};
  path = path.substr(0, point);
  return extension;
}

/// Of `call.wav.pgp` it is `wav`: what it was encrypted with says nothing.
std::string_view cut_extensions(std::string_view& path) {
  std::string_view extension = cut_extension(path);
  const std::string last = lower(extension);
  if (last == "pgp" || last == "gpg" || last == "enc") {
    if (const std::string_view before = cut_extension(path); !before.empty()) return before;
  }
  return extension;
}

std::string_view cut_leg(std::string_view& path) {
  for (const std::string_view leg : kLegs) {
    if (path.size() > leg.size() && path.ends_with(leg) &&
        path[path.size() - leg.size() - 1] != '/') {
      path.remove_suffix(leg.size());
      return leg;
    }
  }
  return {};
}

/// `2026-11-23` and `2026/11/23` as 20261123; nullopt when there is more in it than digits and what
/// may stand between them.
std::optional<std::string> digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (std::string_view("-/_.: ").find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  return digits;
}

std::string padded(std::string_view text) {
  return text.size() == 1 ? "0" + std::string(text) : std::string(text);
}

std::string is_no(Group group, std::string_view found, std::string_view form) {
  return fmt::format("the group {} found \"{}\", which is not {}",
                     kGroupNames[static_cast<std::size_t>(group)], base::printable(found, 40),
                     form);
}

std::optional<std::string> date_of(const Captured& captured, std::string& fault) {
  if (const auto found = captured.at(Group::date); !found.empty()) {
    const auto digits = digits_of(found);
    if (digits && digits->size() == 8) {
      return digits->substr(0, 4) + "-" + digits->substr(4, 2) + "-" + digits->substr(6);
    }
    fault = is_no(Group::date, found, "a date as 20261123 or 2026-11-23");
    return std::nullopt;
  }
  const auto year = captured.at(Group::year);
  const auto month = captured.at(Group::month);
  const auto day = captured.at(Group::day);
  if (year.empty() && month.empty() && day.empty()) return std::string();
  if (year.empty() || month.empty() || day.empty()) {
    fault = "of year, month and day the groups found a part alone";
    return std::nullopt;
  }
  return std::string(year) + "-" + padded(month) + "-" + padded(day);
}

/// Empty: there is none.
std::optional<std::string> time_of_day(const Captured& captured, std::string& fault) {
  if (const auto found = captured.at(Group::time); !found.empty()) {
    const auto digits = digits_of(found);
    if (digits && (digits->size() == 4 || digits->size() == 6)) {
      return digits->substr(0, 2) + ":" + digits->substr(2, 2) + ":" +
             (digits->size() == 6 ? digits->substr(4) : "59");
    }
    fault = is_no(Group::time, found, "a time as 174501, 17:45:01 or 1745");
    return std::nullopt;
  }
  const auto hour = captured.at(Group::hour);
  if (hour.empty()) return std::string();
  const auto minute = captured.at(Group::minute);
  const auto second = captured.at(Group::second);
  const bool whole = !minute.empty() && !second.empty();
  return padded(hour) + ":" + (minute.empty() ? "59" : padded(minute)) + ":" +
         (whole ? padded(second) : "59");
}

}  // namespace

std::string role_of(std::string_view path, const Captured& captured) {
  std::string given = lower(captured.at(Group::role));
  if (given == "in" || given == "out" || given == "all") return "audio-" + given;
  if (!given.empty()) return given;
  std::string_view rest = path;
  std::string extension = lower(cut_extensions(rest));
  if (!captured.at(Group::extension).empty()) extension = lower(captured.at(Group::extension));
  const auto* const known = std::find_if(kRoles.begin(), kRoles.end(),
                                         [&](const auto& each) { return each.first == extension; });
  if (known == kRoles.end()) return "other";
  if (known->second != "audio") return std::string(known->second);
  return "audio" + std::string(cut_leg(rest));
}

std::string call_of(std::string_view path, const Captured& captured) {
  if (!captured.at(Group::id).empty()) return std::string(captured.at(Group::id));
  std::string_view rest = path;
  cut_extensions(rest);
  if (const std::string_view role = captured.at(Group::role); !role.empty()) {
    const auto at = static_cast<std::size_t>(role.data() - path.data());
    if (at + role.size() <= rest.size()) {
      return std::string(rest.substr(0, at)).append(rest.substr(at + role.size()));
    }
  }
  cut_leg(rest);
  return std::string(rest);
}

std::optional<NamedTime> time_of(const Captured& captured, std::string& fault) {
  if (const auto epoch = captured.at(Group::epoch); !epoch.empty()) {
    return NamedTime{std::string(epoch), true};
  }
  const auto date = date_of(captured, fault);
  if (!date) return std::nullopt;
  if (date->empty()) return NamedTime{};
  const auto time = time_of_day(captured, fault);
  if (!time) return std::nullopt;
  return time->empty() ? NamedTime{*date, false} : NamedTime{*date + "T" + *time, true};
}

}  // namespace expunge::intake

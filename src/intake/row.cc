#include "intake/row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "base/time.h"
#include "policy/schedule.h"

namespace expunge::intake {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using Cause = std::optional<std::string>;

constexpr std::size_t kMaxPathBytes = 4095;
constexpr std::size_t kMaxNameBytes = 255;
using archive::kMaxIdBytes;
using archive::kMaxRoleBytes;
constexpr std::size_t kMaxTextBytes = 256;
constexpr std::uint64_t kMaxFileBytes = INT64_MAX;
constexpr sys_seconds kFirstInstant = sys_days{std::chrono::year{1} / 1 / 1};
constexpr sys_seconds kLastInstant = sys_days{std::chrono::year{10000} / 1 / 1} - seconds{1};

/// A value in a message: no longer than a line, nothing that a terminal obeys.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMaxShownBytes = 64;
  const bool cut = text.size() > kMaxShownBytes;
  return fmt::format("\"{}{}\"", base::printable(text.substr(0, kMaxShownBytes)), cut ? "..." : "");
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Cause check_id(std::string_view id) {
  if (id.empty()) return "the id is empty";
  if (id.size() > kMaxIdBytes) return fmt::format("the id is longer than {} bytes", kMaxIdBytes);
  if (!archive::is_id(id)) {
    return "the id " + quoted(id) +
           " has a character other than printable ASCII without space, "
           "quote and backslash";
  }
  return std::nullopt;
}

Cause check_department(std::string_view department) {
  if (policy::is_department_name(department)) return std::nullopt;
  if (department.empty()) {
    return "the department is empty; find out which it was, or write `unknown` (a name that the "
           "retention schedule does not have): the recording then needs attention, and is kept "
           "until expunge correct puts that right";
  }
  return "the department " + quoted(department) +
         " is not 1 to 128 bytes of UTF-8 without control characters";
}

Cause check_path(std::string_view path) {
  if (path.empty()) return "the path is empty";
  if (path.size() > kMaxPathBytes) {
    return fmt::format("the path is longer than {} bytes", kMaxPathBytes);
  }
  if (path.find('\0') != std::string_view::npos) return "the path has a NUL byte";
  if (!base::is_utf8(path)) return "the path is not UTF-8";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > kMaxNameBytes) {
      return fmt::format("the path has a name of more than {} bytes, which no file has",
                         kMaxNameBytes);
    }
    begin = end + 1;
  }
  return std::nullopt;
}

Cause check_role(std::string_view role) {
  if (archive::is_role(role)) return std::nullopt;
  return fmt::format("the role {} is not 1 to {} of a-z, 0-9 and -", quoted(role), kMaxRoleBytes);
}

/// What exports write where there is no date.
bool is_no_date(std::string_view text) {
  return text.empty() || text == "NULL" || text.substr(0, 10) == "0000-00-00" ||
         text.find_first_not_of('0') == std::string_view::npos;
}

/// What is wrong with a text that is no time, and what one looks like.
std::string no_time(std::string_view text) {
  constexpr std::size_t kDateCharacters = 10;
  const std::string_view day = text.substr(0, kDateCharacters);
  const auto is_written = [](std::string_view date) {
    return date.size() == kDateCharacters && date[4] == '-' && date[7] == '-' &&
           is_digits(date.substr(0, 4)) && is_digits(date.substr(5, 2)) &&
           is_digits(date.substr(8, 2));
  };
  if (is_written(day) && !base::parse_date(day)) {
    return fmt::format("recorded_at {} is no time: there is no day {}", quoted(text), day);
  }
  return "recorded_at " + quoted(text) +
         " is no time; write it as 2025-11-23T17:04:05Z, as 2025-11-23T17:04:05+01:00, in Unix "
         "seconds, or, with --timezone, as 2025-11-23 17:04:05";
}

/// Unix seconds, perhaps with a fraction, which is cut off. nullopt: it is not of that form.
/// Too many digits to count are the end of time, which is then out of range.
std::optional<sys_seconds> parse_unix_seconds(std::string_view text) {
  const auto point = text.find('.');
  if (point != std::string_view::npos && !is_digits(text.substr(point + 1))) return std::nullopt;
  std::string_view whole = text.substr(0, point);
  if (!is_digits(whole)) return std::nullopt;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
  const auto count = base::parse_number(whole);
  if (!count || *count > static_cast<std::uint64_t>(kLastInstant.time_since_epoch().count())) {
    return sys_seconds::max();
  }
  return sys_seconds{seconds{static_cast<std::int64_t>(*count)}};
}

Cause parse_bytes(std::string_view text, std::optional<std::uint64_t>& bytes) {
  bytes.reset();
  if (text.empty()) return std::nullopt;
  bytes = base::parse_number(text);
  if (bytes && *bytes <= kMaxFileBytes) return std::nullopt;
  return "bytes " + quoted(text) + " is no decimal number of bytes";
}

Cause parse_sha256(std::string_view text, std::optional<base::Digest>& sha256) {
  sha256.reset();
  if (text.empty()) return std::nullopt;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto bytes = base::from_hex(lower);
  sha256.emplace();
  if (!bytes || bytes->size() != sha256->size()) {
    return "sha256 " + quoted(text) + " is not 64 hexadecimal digits";
  }
  std::copy(bytes->begin(), bytes->end(), sha256->begin());
  return std::nullopt;
}

}  // namespace

Cause check_text(std::string_view name, std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return fmt::format("the {} is longer than {} bytes", name, kMaxTextBytes);
  }
  if (!base::is_utf8(text)) return fmt::format("the {} is not UTF-8", name);
  if (has_control(text)) return fmt::format("the {} has a control character", name);
  return std::nullopt;
}

Cause parse_recorded_at(std::string_view text, const policy::TimeZone* local_time_zone,
                        std::optional<sys_seconds>& recorded_at) {
  recorded_at.reset();
  if (is_no_date(text)) return std::nullopt;
  const auto written = base::parse_written_time(text);
  const auto date = base::parse_date(text);
  if (const auto counted = parse_unix_seconds(text)) {
    recorded_at = *counted;
  } else if (written && written->utc_offset) {
    recorded_at = sys_days{written->wall.date} + written->wall.time_of_day - *written->utc_offset;
  } else if (!written && !date) {
    return no_time(text);
  } else if (local_time_zone == nullptr) {
    return "recorded_at " + quoted(text) +
           " has no offset from UTC; give --timezone, as in --timezone Europe/London, or write it "
           "as 2025-11-23T17:04:05Z";
  } else {
    // A date alone says no more than that the call was over when the day was.
    recorded_at = local_time_zone->latest_instant(
        written ? written->wall : base::WallClock{*date, std::chrono::days{1} - seconds{1}});
  }
  if (*recorded_at < kFirstInstant || *recorded_at > kLastInstant) {
    return "recorded_at " + quoted(text) +
           " is not in the years 0001 to 9999 (are the seconds milliseconds?)";
  }
  return std::nullopt;
}

Cause parse_row(const RawRow& raw, const policy::TimeZone* local_time_zone,
                archive::ImportRow& row) {
  const auto text = [&](Column column) { return at(raw, column).value_or(std::string_view()); };
  row.id = text(Column::id);
  row.department = text(Column::department);
  row.subject = text(Column::subject);
  row.agent = text(Column::agent);
  row.call_id = text(Column::call_id);
  row.further_subjects.clear();
  row.further_agents.clear();
  row.unmapped_department.clear();
  row.stripped_path.clear();
  row.is_same_call = false;
  row.file.path = text(Column::path);
  row.file.role = text(Column::role).empty() ? "audio" : text(Column::role);

  if (auto cause = check_id(row.id)) return cause;
  if (auto cause = check_department(row.department)) return cause;
  if (auto cause = parse_recorded_at(text(Column::recorded_at), local_time_zone, row.recorded_at)) {
    return cause;
  }
  if (auto cause = check_path(row.file.path)) return cause;
  if (auto cause = check_role(row.file.role)) return cause;
  if (auto cause = check_text("subject", row.subject)) return cause;
  if (auto cause = check_text("agent", row.agent)) return cause;
  if (auto cause = check_text("call_id", row.call_id)) return cause;
  if (auto cause = parse_bytes(text(Column::bytes), row.file.bytes)) return cause;
  return parse_sha256(text(Column::sha256), row.file.sha256);
}

}  // namespace expunge::intake

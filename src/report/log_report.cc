#include "report/log_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

/// The envelope, said already or of no use to a reader.
constexpr std::array<std::string_view, 8> kEnvelope = {"v",    "log", "seq",  "time",
                                                       "type", "key", "prev", "sig"};

std::string plain_text(const Json& value) {
  return value.is_string() ? base::printable(value.get<std::string>())
                           : base::one_line(value.dump());
}

/// An object that stands alone: each member with its name.
std::string object_text(const Json& object) {
  std::string text;
  for (const auto& [name, member] : object.items()) {
    text += (text.empty() ? "" : ", ") + base::printable(name) + " " + plain_text(member);
  }
  return "(" + text + ")";
}

std::string value_text(const Json& value) {
  if (value.is_object()) return object_text(value);
  if (!value.is_array()) return plain_text(value);
  std::string text;
  for (const Json& each : value) {
    if (!text.empty()) text += "; ";
    if (!each.is_object()) {
      text += value_text(each);
      continue;
    }
    std::string members;
    for (const auto& [name, member] : each.items()) {
      members += (members.empty() ? "" : " ") + value_text(member);
    }
    text += members;
  }
  return "[" + text + "]";
}

/// What an order destroyed may have had no department of the schedule, and then no period.
std::string member_text(std::string_view name, const Json& value) {
  const bool is_blank = value.is_string() && value.get_ref<const std::string&>().empty();
  if (is_blank && name == "department") return std::string(kNoDepartment);
  if (is_blank && name == "period") return "none";
  return value_text(value);
}

}  // namespace

std::string entry_line(const audit::EntryView& entry) {
  // Nothing here is verified: it may be anybody's.
  std::string line = fmt::format("{:>6}  {}  {:15}", entry.seq, base::printable(entry.time),
                                 base::printable(entry.type));
  const Json json = Json::parse(entry.line, nullptr, false);
  if (!json.is_object()) return line + " (not readable)";
  for (const auto& [name, value] : json.items()) {
    if (std::find(kEnvelope.begin(), kEnvelope.end(), name) != kEnvelope.end()) continue;
    line += fmt::format(" {} {}", base::printable(name), member_text(name, value));
  }
  if (entry.type == "remove") line += " (removed without overwriting)";
  return line;
}

}  // namespace expunge::report

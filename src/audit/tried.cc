#include "audit/tried.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace expunge::audit {
namespace {

/// The string that a member has, when it needs no escaping; empty when there is none, or it does.
/// Canonical JSON: a quote within a string is escaped, so this can only be the member's name.
std::string_view plain_member(std::string_view members, std::string_view name) {
  const auto at = members.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = members.substr(at + name.size());
  const std::string_view text = rest.substr(0, rest.find('"'));
  constexpr std::size_t kMaxBytes = 128;
  const bool is_plain = text.size() <= kMaxBytes &&
                        std::all_of(text.begin(), text.end(),
                                    [](char c) { return c > ' ' && c <= '~' && c != '\\'; });
  return is_plain ? text : std::string_view();
}

/// Takes one entry; false when it tells of one for which `tried` has no room. Whether the entry is
/// of the form that its type has is not looked at here.
bool take(TriedRecordings& tried, const LineParts& entry, std::size_t room) {
  const bool failed = entry.type == "destroy.failed";
  const bool ends =
      entry.type == "destroy" || entry.type == "remove" ||
      (entry.type == "correct" && plain_member(entry.members, "\"fact\":\"") == "file");
  if (!failed && (!ends || tried.empty())) return true;
  const std::string_view recording = plain_member(entry.members, "\"recording\":\"");
  const auto found = tried.find(recording);
  if (!failed) {
    if (found != tried.end()) tried.erase(found);
    return true;
  }
  const std::string_view reason = plain_member(entry.members, "\"reason\":\"");
  const auto time = base::parse_log_time(entry.time);
  if (recording.empty() || reason.empty() || !time) return true;
  if (reason == "missing") {  // the index knows, and a person can acknowledge that
    if (found != tried.end()) tried.erase(found);
  } else if (found != tried.end()) {
    found->second.reason = reason;
    found->second.last = *time;
  } else if (tried.size() < room) {
    tried.emplace(recording, Tried{std::string(reason), *time, *time});
  } else {
    return false;
  }
  return true;
}

}  // namespace

void take_attempt(LogFacts& facts, const LineParts& entry) {
  if (take(facts.tried, entry, kMaxTried)) return;
  if (!facts.more_tried_from) facts.more_tried_from = entry.seq;
  if (!facts.more_tried_in_run) facts.more_tried_in_run = entry.seq;
}

bool may_end_attempt(const LogFacts& facts, std::string_view line) {
  constexpr std::string_view kName = "\"recording\":\"";
  const void* const at = ::memmem(line.data(), line.size(), kName.data(), kName.size());
  if (at == nullptr) return false;
  const std::string_view rest = line.substr(
      static_cast<std::size_t>(static_cast<const char*>(at) - line.data()) + kName.size());
  return facts.tried.contains(rest.substr(0, rest.find('"')));
}

TriedRecordings all_tried(base::Sys& sys, const LogPlace& place, const LogFacts& facts) {
  if (!facts.more_tried_from) return facts.tried;
  TriedRecordings more;
  for_each_entry(sys, place, *facts.more_tried_from, [&](const EntryView& entry) {
    take(more, *take_apart(entry.line).parts, std::numeric_limits<std::size_t>::max());
    return true;
  });
  TriedRecordings all = facts.tried;
  all.merge(more);
  return all;
}

}  // namespace expunge::audit

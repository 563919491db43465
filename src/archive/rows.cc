#include "archive/rows.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace expunge::archive {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 5> kStates = {{
    {State::kept, "kept"},
    {State::returned, "returned"},
    {State::destroyed, "destroyed"},
    {State::removed, "removed"},
    {State::partial, "partial"},
}};

}  // namespace

std::string_view to_text(State state) {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  EXPUNGE_ASSERT(false);
  return {};
}

State parse_state(std::string_view text) {
  for (const auto& [value, name] : kStates) {
    if (name == text) return value;
  }
  fail_damaged("a state that is none");
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
  });
}

bool is_role(std::string_view role) {
  return !role.empty() && role.size() <= kMaxRoleBytes &&
         std::all_of(role.begin(), role.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void read_recording(const Query& query, Recording& out) {
  out.odd = nullptr;
  out.key = query.number(0);
  if (out.key < 1 || out.key > kMaxKey) out.odd = "the number of its row";
  const std::string_view recorded_at = query.text(1);
  out.recorded_at = base::parse_instant(recorded_at);
  // Of one that returned without a date the civil date may be all that is left.
  out.left_date.reset();
  if (!out.recorded_at && !recorded_at.empty()) {
    out.left_date = base::parse_date(recorded_at);
    if (!out.left_date) out.odd = "a date that is none";
    if (out.left_date == base::kUnknownDate) out.left_date.reset();
  }
  out.order.reset();
  out.id = query.text(2);
  if (!is_id(out.id)) out.odd = "an id that may not go into the log";
  out.call_id = query.text(3);
  out.department = query.text(4);
  out.subject_key = query.text(5);
  out.state = parse_state(query.text(6));
  out.contradiction = query.text(7);
  out.missing_seq = query.optional_count(8);
  out.agent_key = query.text(9);
  out.indexed_on = query.text(10);
}

void read_file(const Query& query, int first_column, Recording& recording, File& out) {
  out.path = query.text(first_column);
  out.role = query.text(first_column + 1);
  if (!is_role(out.role)) recording.odd = "a role that may not go into the log";
  out.bytes = query.optional_count(first_column + 2);
  if (out.bytes && *out.bytes > INT64_MAX) {
    recording.odd = "a size below zero";
    out.bytes.reset();
  }
  out.sha256.reset();
  if (query.null(first_column + 3)) return;
  if (query.text(first_column + 3).size() == base::Digest().size()) {
    out.sha256 = query.digest(first_column + 3);
  } else {
    recording.odd = "a hash that is none";
  }
}

void note_too_many_files(Recording& recording) {
  static_assert(kMaxFiles == 64);
  recording.odd = "more than 64 files";
}

std::uint64_t known_bytes(const Recording& recording) {
  std::uint64_t bytes = 0;
  for (const File& file : recording.files) bytes += file.bytes.value_or(0);
  return bytes;
}

}  // namespace expunge::archive

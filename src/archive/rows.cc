#include "archive/rows.h"

#include <array>
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

void read_recording(const Query& query, Recording& out) {
  out.key = query.number(0);
  const std::string_view recorded_at = query.text(1);
  out.recorded_at = base::parse_instant(recorded_at);
  // Of one that returned without a date the civil date may be all that is left.
  if (!out.recorded_at && !recorded_at.empty() && !base::parse_date(recorded_at)) {
    fail_damaged("a date that is none");
  }
  out.id = query.text(2);
  out.call_id = query.text(3);
  out.department = query.text(4);
  out.subject_key = query.text(5);
  out.state = parse_state(query.text(6));
  out.contradiction = query.text(7);
  out.missing_seq = query.optional_count(8);
}

void read_file(const Query& query, int first_column, File& out) {
  out.path = query.text(first_column);
  out.role = query.text(first_column + 1);
  out.bytes = query.optional_count(first_column + 2);
  out.sha256 = query.optional_digest(first_column + 3);
}

std::uint64_t known_bytes(const Recording& recording) {
  std::uint64_t bytes = 0;
  for (const File& file : recording.files) bytes += file.bytes.value_or(0);
  return bytes;
}

}  // namespace expunge::archive

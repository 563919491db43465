#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "archive/store.h"
#include "archive/types.h"

namespace expunge::archive {

[[nodiscard]] std::string_view to_text(State state);
/// Throws SQLite::Exception(SQLITE_CORRUPT) when it is none.
[[nodiscard]] State parse_state(std::string_view text);

/// The columns that read_recording() expects, from a table or alias `r`.
#define EXPUNGE_RECORDING_COLUMNS                                                                  \
  "r.key, r.recorded_at, r.id, r.call_id, r.department, r.subject_key, r.state, r.contradiction, " \
  "r.missing_seq, r.agent_key, r.indexed_on"
inline constexpr int kRecordingColumns = 11;
/// The columns that read_file() expects, from a table or alias `f`.
#define EXPUNGE_FILE_COLUMNS "f.path, f.role, f.bytes, f.sha256"

/// Everything but the files, into strings that keep their memory. What no import writes is noted in
/// `out.odd`.
void read_recording(const Query& query, Recording& out);
/// Into `out`, one of the recording's files.
void read_file(const Query& query, int first_column, Recording& recording, File& out);
/// The orders, by recording: few, so that a scan of all recordings reads them once.
[[nodiscard]] std::unordered_map<std::int64_t, Order> read_orders(Store& store);
[[nodiscard]] std::optional<Order> read_order(Store& store, std::int64_t recording_key);
/// Notes that the recording has more than kMaxFiles files; those beyond need not be read.
void note_too_many_files(Recording& recording);

}  // namespace expunge::archive

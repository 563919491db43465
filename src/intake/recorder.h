#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/importer.h"
#include "intake/column.h"
#include "intake/reader.h"

namespace expunge::intake {

/// What a recorder's row says of a recording, in texts that nothing has checked yet.
struct RecorderCall {
  bool has_file = true;  ///< false: none was made, or the recorder has given it up
  std::string id;
  std::string path;
  std::vector<std::string> subjects;  ///< the caller first
  std::vector<std::string> agents;
  std::string call_id;
  std::optional<std::chrono::sys_seconds> recorded_at;
};

/// A recorder's fields of one row, in the order of its columns.
class RecorderRow {
 public:
  explicit RecorderRow(const RawRow& raw) : raw_(raw) {}
  /// Empty where the source has no such column, or NULL.
  template <typename Field>
  [[nodiscard]] std::string_view operator[](Field field) const {
    const std::string_view text = raw_[static_cast<std::size_t>(field)].value_or("");
    return text == "NULL" ? std::string_view() : text;
  }

 private:
  const RawRow& raw_;
};

/// By what times are read.
struct RecorderClock {
  const policy::TimeZone* local;  ///< nullptr: a time without an offset makes its row bad
  std::chrono::sys_seconds now;
};

struct RecorderColumn {
  std::string_view name;
  bool required;
};

/// One kind of call recorder: how it keeps its index, and what that means in ours.
struct Recorder {
  std::string_view name;
  Format format;  ///< of its export by the command that the manual gives
  std::span<const RecorderColumn> columns;
  std::string_view department_column;
  archive::OpaqueIds opaque_ids;
  /// Fills in `call`, which is empty before; why it cannot, in words, or nullopt.
  std::optional<std::string> (*compose)(const RecorderRow& row, const RecorderClock& clock,
                                        RecorderCall& call);
};

/// All that there are.
[[nodiscard]] std::span<const Recorder> recorders();
/// nullptr when none has that name.
[[nodiscard]] const Recorder* find_recorder(std::string_view name);

/// Makes import rows of a recorder's rows.
class RecorderRows {
 public:
  /// Requires a recorder. `options` must live as long.
  explicit RecorderRows(const ReadOptions& options);

  [[nodiscard]] std::vector<SourceField> fields() const;

  enum class Made { row, without_file, bad };
  /// Puts every member into `row`, or says in `cause` what is wrong.
  [[nodiscard]] Made make(const RawRow& raw, archive::ImportRow& row, std::string& cause);

 private:
  [[nodiscard]] std::string department_value(const RawRow& raw) const;

  const ReadOptions& options_;
  const Recorder& recorder_;
  RecorderCall call_;
  RawRow ours_;
};

}  // namespace expunge::intake

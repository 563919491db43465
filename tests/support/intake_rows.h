#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "intake/reader.h"

/// As a matcher of one name in both versions of Catch2.
#define CHECK_MENTIONS(text, part)                          \
  do {                                                      \
    const std::string mentioning_text = (text);             \
    INFO(mentioning_text);                                  \
    CHECK(mentioning_text.find(part) != std::string::npos); \
  } while (false)

namespace expunge::test {

/// What read_rows made of a text.
struct Intake {
  std::vector<std::pair<std::uint64_t, archive::ImportRow>> rows;
  std::vector<intake::BadRow> bad;
  std::string failure;  ///< the Failure's message; empty: none

  [[nodiscard]] const archive::ImportRow& only() const { return rows.at(0).second; }
  [[nodiscard]] std::string only_cause() const { return bad.size() == 1 ? bad[0].cause : ""; }
  /// The date of the only row; `none`, or why there is no row.
  [[nodiscard]] std::string date() const {
    if (rows.size() != 1) return only_cause() + failure;
    const auto& recorded_at = only().recorded_at;
    return recorded_at ? base::to_text(*recorded_at) : "none";
  }
};

inline Intake read_stream(std::istream& in, intake::ReadOptions options) {
  Intake found;
  options.name = "calls";
  try {
    intake::read_rows(
        in, options,
        [&](std::uint64_t line, const archive::ImportRow& row) {
          found.rows.emplace_back(line, row);
        },
        [&](const intake::BadRow& bad) { found.bad.push_back(bad); });
  } catch (const base::Failure& failure) {
    found.failure = failure.what();
  }
  return found;
}

inline Intake read_text(const std::string& text, intake::ReadOptions options = {}) {
  std::istringstream in(text);
  return read_stream(in, std::move(options));
}

inline Intake read_json(const std::string& text, intake::ReadOptions options = {}) {
  options.format = intake::Format::json_lines;
  return read_text(text, std::move(options));
}

/// The four columns that must be there, and one good row.
inline const std::string kHeader = "id,department,recorded_at,path\n";
inline const std::string kRow = "r1,Revenues,2025-01-02T03:04:05Z,a/b.wav\n";

}  // namespace expunge::test

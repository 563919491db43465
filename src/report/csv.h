#pragma once

#include <string>
#include <string_view>

namespace expunge::report {

/// Whom a CSV is for: a program, or a spreadsheet that a person opens it with.
enum class CsvFor { program, spreadsheet };

/// What stands before the first row: for a spreadsheet the byte order mark, by which it sees that
/// the text is UTF-8.
[[nodiscard]] std::string_view csv_begin(CsvFor whom);

/// One CSV cell: quoted where RFC 4180 asks for it, and in UTF-8: U+FFFD stands for bytes that
/// are none, and for NUL. With an apostrophe before it where a spreadsheet would take it
/// for a formula; for a spreadsheet also where it would take it for a number, a date or a truth
/// value, and so change what stands there (`1700000000.120`, `1E5`, `SEP1`).
[[nodiscard]] std::string csv_cell(std::string_view text, CsvFor whom = CsvFor::program);

}  // namespace expunge::report

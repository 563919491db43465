#include "support/catch.h"
#include "support/intake_rows.h"

using namespace expunge;

namespace {

const std::string kTsvHeader = "id\tdepartment\trecorded_at\tpath\tsubject\n";
const std::string kTsvRow = "r1\tRevenues\t2025-01-02T03:04:05Z\ta/b.wav\t01632 960001\n";

test::Intake read_tsv(const std::string& text) {
  intake::ReadOptions options;
  options.format = intake::Format::tsv;
  return test::read_text(text, options);
}

}  // namespace

TEST_CASE("A line of fields with tabs between them becomes an import row") {
  const auto found = read_tsv(kTsvHeader + kTsvRow + "r2\tD\tNULL\tb.wav\tNULL");
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].first == 2);
  CHECK(found.rows[0].second.id == "r1");
  CHECK(found.rows[0].second.department == "Revenues");
  CHECK(found.rows[0].second.file.path == "a/b.wav");
  CHECK(found.rows[0].second.subject == "01632 960001");
  CHECK_FALSE(found.rows[1].second.recorded_at);
  CHECK(found.rows[1].second.subject.empty());
}

TEST_CASE("The escapes of mysql --batch stand for what they stand for") {
  const auto found = read_tsv(
      "path\tid\tdepartment\trecorded_at\n"
      "a\\tb\\nc\\\\n \"d\", 'e'\\r.wav\tr1\tD\t\\N\n"
      "NULLs\tr2\tD\t\n"
      "a\\0b\tr3\tD\t\n");
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].second.file.path == "a\tb\nc\\n \"d\", 'e'\r.wav");
  CHECK_FALSE(found.rows[0].second.recorded_at);
  CHECK(found.rows[1].second.file.path == "NULLs");
  REQUIRE(found.bad.size() == 1);
  CHECK(found.bad[0].line == 4);
  CHECK(found.bad[0].cause == "the path has a NUL byte");
}

TEST_CASE("A carriage return belongs to the field unless every line ends in it") {
  const auto own = read_tsv("id\tdepartment\trecorded_at\tpath\nr1\tD\t\ta\rb\r\n");
  REQUIRE(own.rows.size() == 1);
  CHECK(own.only().file.path == "a\rb\r");
  const auto windows = read_tsv("id\tdepartment\trecorded_at\tpath\r\nr1\tD\t\ta\r\n\r\n");
  REQUIRE(windows.rows.size() == 1);
  CHECK(windows.only().file.path == "a");
}

TEST_CASE("A backslash that mysql --batch never writes makes its row bad") {
  const auto found =
      read_tsv(kTsvHeader + "r1\tD\t\tC:\\calls\\a.wav\t\n" + kTsvRow + "r2\tD\t\ta\\\t\n");
  REQUIRE(found.bad.size() == 2);
  CHECK(found.bad[0].line == 2);
  CHECK_MENTIONS(found.bad[0].cause, "field 4: a backslash");
  CHECK_MENTIONS(found.bad[0].cause, "without --raw");
  CHECK(found.bad[1].line == 4);
  CHECK(found.rows.size() == 1);
}

TEST_CASE("A line with too few or too many tabs is bad and the next is read") {
  const auto found = read_tsv(kTsvHeader + "r1\tD\t\ta\n" + kTsvRow + "r1\tD\t\ta\tb\tc\n");
  REQUIRE(found.bad.size() == 2);
  CHECK(found.bad[0].cause == "the row has 4 fields, the header 5");
  CHECK(found.bad[1].line == 4);
  CHECK(found.rows.size() == 1);
}

TEST_CASE("A line in tabs of more than a mebibyte is bad and the next is read") {
  const auto found =
      read_tsv(kTsvHeader + "r1\tD\t\t" + std::string(1 << 20, 'x') + "\t\n" + kTsvRow);
  CHECK(found.only_cause() == "the line is longer than 1024 KiB");
  CHECK(found.rows.size() == 1);
}

TEST_CASE("An export without its header is refused and shows what stands in its place") {
  CHECK_MENTIONS(read_tsv("").failure, "calls: is empty");
  CHECK_MENTIONS(read_tsv(kTsvRow).failure,
                 "calls: there is no column id; the columns are r1, Revenues");
  CHECK_MENTIONS(read_tsv("id\\d\tpath\n").failure, "calls: the first row: field 1");
}

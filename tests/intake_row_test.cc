#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/intake_rows.h"

using namespace expunge;
using test::read_text;

namespace {

intake::ReadOptions in_london() {
  intake::ReadOptions options;
  options.local_time_zone = policy::TimeZone::find("Europe/London");
  return options;
}

std::string recorded(const std::string& written, const intake::ReadOptions& options = {}) {
  return read_text(test::kHeader + "r1,D,\"" + written + "\",a\n", options).date();
}

std::string london(const std::string& written) {
  return recorded(written, in_london());
}

/// Why a row with this value in this column is bad; empty: it is not.
std::string cause(const std::string& column, const std::string& value) {
  std::string header = test::kHeader.substr(0, test::kHeader.size() - 1);
  std::string row = "r1,D,2025-01-02T03:04:05Z,a";
  const std::vector<std::string> required = {"id", "department", "recorded_at", "path"};
  const auto found = std::find(required.begin(), required.end(), column);
  std::string quoted = "\"";
  for (const char c : value) quoted += c == '"' ? "\"\"" : std::string(1, c);
  quoted += "\"";
  if (found == required.end()) {
    header += "," + column;
    row += "," + quoted;
  } else {
    std::vector<std::string> fields = {"r1", "D", "2025-01-02T03:04:05Z", "a"};
    fields[static_cast<std::size_t>(found - required.begin())] = quoted;
    row = fields[0] + "," + fields[1] + "," + fields[2] + "," + fields[3];
  }
  const auto read = read_text(header + "\n" + row + "\n");
  REQUIRE(read.failure.empty());
  REQUIRE(read.rows.size() + read.bad.size() == 1);
  return read.only_cause();
}

}  // namespace

TEST_CASE("A time with an offset is that instant") {
  CHECK(recorded("2025-07-01T00:30:00+01:00") == "2025-06-30T23:30:00Z");
  CHECK(recorded("2025-07-01 00:30:00.999Z") == "2025-07-01T00:30:00Z");
  CHECK(london("2025-07-01T00:30:00Z") == "2025-07-01T00:30:00Z");  // the offset wins
  CHECK(recorded("2025-12-31T23:59:60Z") == "2025-12-31T23:59:59Z");
}

TEST_CASE("A run of digits is Unix seconds") {
  CHECK(recorded("1735787045") == "2025-01-02T03:04:05Z");
  CHECK(recorded("1735787045.9") == "2025-01-02T03:04:05Z");
  CHECK(recorded("1") == "1970-01-01T00:00:01Z");
  CHECK(recorded("253402300799") == "9999-12-31T23:59:59Z");
  CHECK_MENTIONS(recorded("253402300800"), "not in the years");
  CHECK_MENTIONS(recorded("1735787045000"), "milliseconds?");
  CHECK_MENTIONS(recorded("99999999999999999999999999"), "not in the years");
  CHECK_MENTIONS(recorded("-5"), "is no time");
  CHECK_MENTIONS(recorded("1735787045."), "is no time");
}

TEST_CASE("What exports write for no date is no date") {
  for (const std::string written :
       {"", "0", "000", "NULL", "0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z"}) {
    CHECK(recorded(written) == "none");
  }
}

TEST_CASE("The epoch itself passes as the date it is") {
  CHECK(recorded("1970-01-01T00:00:00Z") == "1970-01-01T00:00:00Z");
}

TEST_CASE("Local time is taken only with a time zone") {
  CHECK(recorded("2025-07-01 12:00:00") ==
        "recorded_at \"2025-07-01 12:00:00\" has no offset from UTC; give --timezone, as in "
        "--timezone Europe/London, or write it as 2025-11-23T17:04:05Z");
  CHECK_MENTIONS(recorded("2025-07-01"), "give --timezone");
  CHECK(london("2025-07-01 12:00:00") == "2025-07-01T11:00:00Z");
  CHECK(london("2025-01-01T12:00:00") == "2025-01-01T12:00:00Z");
}

TEST_CASE("A local time that occurs twice means the later one") {
  CHECK(london("2025-10-26 00:59:59") == "2025-10-25T23:59:59Z");
  CHECK(london("2025-10-26 01:00:00") == "2025-10-26T01:00:00Z");
  CHECK(london("2025-10-26 01:30:00") == "2025-10-26T01:30:00Z");
  CHECK(london("2025-10-26 02:00:00") == "2025-10-26T02:00:00Z");
}

TEST_CASE("A local time that never occurs means the moment of the change") {
  CHECK(london("2025-03-30 00:59:59") == "2025-03-30T00:59:59Z");
  CHECK(london("2025-03-30 01:30:00") == "2025-03-30T01:00:00Z");
  CHECK(london("2025-03-30 02:00:00") == "2025-03-30T01:00:00Z");
}

TEST_CASE("A date alone means the end of that day there") {
  CHECK(london("2025-01-31") == "2025-01-31T23:59:59Z");
  CHECK(london("2025-07-31") == "2025-07-31T22:59:59Z");
  CHECK(london("2025-10-26") == "2025-10-26T23:59:59Z");
  CHECK(london("2025-03-30") == "2025-03-30T22:59:59Z");
}

TEST_CASE("What is no time is refused with the value") {
  for (const std::string written :
       {"2025-02-29T00:00:00Z", "2025-13-01", "31/01/2025", "2025-01-31T24:00:00Z",
        "2025-01-31T12:00Z", "yesterday", " 2025-01-31T12:00:00Z", "2025-01-31T12:00:00 Z"}) {
    CHECK_MENTIONS(london(written), "recorded_at \"" + written + "\" is no time");
  }
  CHECK_MENTIONS(recorded("0001-01-01T00:00:00+23:59"), "not in the years");
  CHECK_MENTIONS(recorded("9999-12-31T23:59:59-23:59"), "not in the years");
}

TEST_CASE("An id is 1 to 128 printable ASCII without space and quote and backslash") {
  CHECK(cause("id", std::string(128, '~')).empty());
  CHECK(cause("id", "!#'(),./:;=@_`{|}").empty());
  CHECK_MENTIONS(cause("id", std::string(129, 'a')), "longer than 128");
  CHECK_MENTIONS(cause("id", ""), "empty");
  for (const std::string bad : {"a b", "a\"b", "a\\b", "a\tb", "caf\u00e9", "a\x7f", " a"}) {
    CHECK_MENTIONS(cause("id", bad), "other than printable ASCII");
  }
}

TEST_CASE("A department is a name as the policy has them") {
  CHECK(cause("department", "Revenues & Benefits: \u00fc").empty());
  CHECK(cause("department", std::string(128, 'd')).empty());
  CHECK_MENTIONS(cause("department", std::string(129, 'd')), "department");
  CHECK_MENTIONS(cause("department", ""), "empty");
  CHECK_MENTIONS(cause("department", "a\nb"), "\\x0a");
  CHECK_MENTIONS(cause("department", "\xff"), "UTF-8");
}

TEST_CASE("What is no time is told with one that is, and a day that is none as that") {
  for (const std::string written : {"31/01/2025", "2025-01-31T12:00Z", "yesterday"}) {
    CHECK_MENTIONS(recorded(written), "write it as 2025-11-23T17:04:05Z");
    CHECK(recorded(written).find("there is no day") == std::string::npos);
  }
  CHECK_MENTIONS(recorded("2025-02-30T10:00:00Z"), "is no time: there is no day 2025-02-30");
  CHECK_MENTIONS(london("2025-02-30"), "there is no day 2025-02-30");
  CHECK_MENTIONS(london("2025-13-01 10:00:00"), "there is no day 2025-13-01");
  CHECK(london("2025-01-31T24:00:00Z").find("there is no day") == std::string::npos);
}

TEST_CASE("A path is up to 4095 bytes of names of 255 and lies beneath the root") {
  std::string longest;
  while (longest.size() + 256 <= 4095) longest += std::string(255, 'p') + "/";
  longest += std::string(4095 - longest.size(), 'p');
  CHECK(longest.size() == 4095);
  CHECK(cause("path", longest).empty());
  CHECK_MENTIONS(cause("path", longest + "p"), "longer than 4095");
  CHECK_MENTIONS(cause("path", "a/" + std::string(256, 'p')), "a name of more than 255 bytes");
  CHECK_MENTIONS(cause("path", ""), "empty");
  CHECK_MENTIONS(cause("path", "\xff.wav"), "not UTF-8");
  for (const std::string path : {"a/b", "../a", "a/../b", "a\\b", "a\tb", "..."}) {
    const auto found = read_text(test::kHeader + "r1,D,,\"" + path + "\"\n");
    REQUIRE(found.rows.size() == 1);
    CHECK(found.only().file.path == path);
  }
  CHECK(read_text(test::kHeader + "r1,D,,./a//b/./c/\n").only().file.path == "a/b/c");
  CHECK_MENTIONS(cause("path", "./"), "empty");
  for (const std::string path : {"/etc/passwd", "//a", "/", "https://pbx.example/RECORDINGS/a"}) {
    CHECK_MENTIONS(cause("path", path), "give --strip-prefix");
  }
  intake::ReadOptions options;
  options.paths.root = "/srv/recordings/";
  const auto remedy = [&](const std::string& path) {
    return read_text(test::kHeader + "r1,D,," + path + "\n", options).only_cause();
  };
  CHECK_MENTIONS(remedy("/srv//recordings/a.wav"), "give --strip-prefix /srv/recordings/");
  CHECK_MENTIONS(remedy("/srv/recordings2/a.wav"), "give --strip-prefix with what stands before");
}

TEST_CASE("A role is 1 to 16 of a-z and digits and hyphen") {
  CHECK(cause("role", "audio-2").empty());
  CHECK(cause("role", "").empty());
  CHECK(cause("role", std::string(16, 'r')).empty());
  for (const std::string& bad : {std::string(17, 'r'), std::string("Audio"), std::string("a b")}) {
    CHECK_MENTIONS(cause("role", bad), "the role");
  }
}

TEST_CASE("Subject and agent and call id are 256 bytes at most and their value is never shown") {
  for (const std::string column : {"subject", "agent", "call_id"}) {
    CHECK(cause(column, std::string(256, 's')).empty());
    CHECK(cause(column, "caf\u00e9 \"x\", y").empty());
    CHECK_MENTIONS(cause(column, std::string(257, 's')), "the " + column + " is longer");
    CHECK(cause(column, "01632\n960001") == "the " + column + " has a control character");
    CHECK(cause(column, std::string("01632\0", 6)) == "the " + column + " has a control character");
    CHECK(cause(column, "01632\xff") == "the " + column + " is not UTF-8");
  }
}

TEST_CASE("Bytes is a decimal number") {
  CHECK(cause("bytes", "0").empty());
  CHECK(cause("bytes", "9223372036854775807").empty());
  for (const std::string bad :
       {"9223372036854775808", "-1", "1e3", "0x10", "1,000", " 1", "1 kB"}) {
    CHECK_MENTIONS(cause("bytes", bad), "bytes");
  }
}

TEST_CASE("A digest is 64 hexadecimal digits") {
  CHECK(cause("sha256", std::string(64, 'F')).empty());
  for (const std::string& bad : {std::string(63, 'f'), std::string(65, 'f'), std::string(66, 'f'),
                                 std::string(64, 'g'), "0x" + std::string(62, 'f')}) {
    CHECK_MENTIONS(cause("sha256", bad), "sha256");
  }
}

TEST_CASE("A long value in a cause is cut") {
  CHECK(recorded(std::string(5000, 'x')).size() < 250);
}

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ext/stdio_filebuf.h>
#include <fstream>
#include <thread>

#include "support/catch.h"
#include "support/intake_rows.h"
#include "support/scratch.h"

using namespace expunge;
using test::kHeader;
using test::kRow;
using test::read_text;

TEST_CASE("A CSV row with every column becomes an import row") {
  const auto found = read_text(
      "id,department,recorded_at,path,role,subject,agent,call_id,bytes,sha256\n"
      "r1,Customer Services,2025-01-02T03:04:05+01:00,2025/01/a.wav,transcript,01632 "
      "960001,Zo\u00eb,"
      "c9,1843244,"
      "00FF00000000000000000000000000000000000000000000000000000000aBcD\n");
  REQUIRE(found.rows.size() == 1);
  REQUIRE(found.bad.empty());
  CHECK(found.rows[0].first == 2);
  const archive::ImportRow& row = found.only();
  CHECK(row.id == "r1");
  CHECK(row.department == "Customer Services");
  CHECK(found.date() == "2025-01-02T02:04:05Z");
  CHECK(row.file.path == "2025/01/a.wav");
  CHECK(row.file.role == "transcript");
  CHECK(row.subject == "01632 960001");
  CHECK(row.agent == "Zo\u00eb");
  CHECK(row.call_id == "c9");
  CHECK(row.file.bytes == 1843244);
  REQUIRE(row.file.sha256);
  CHECK((*row.file.sha256)[1] == 0xff);
  CHECK((*row.file.sha256)[30] == 0xab);
  CHECK((*row.file.sha256)[31] == 0xcd);
}

TEST_CASE("Four columns are enough and what is not there is empty") {
  const auto found = read_text(kHeader + kRow);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().file.role == "audio");
  CHECK(found.only().subject.empty());
  CHECK(found.only().agent.empty());
  CHECK(found.only().call_id.empty());
  CHECK_FALSE(found.only().file.bytes);
  CHECK_FALSE(found.only().file.sha256);
}

TEST_CASE("One row leaves nothing behind for the next") {
  const auto found = read_text(
      "id,department,recorded_at,path,role,subject,bytes,sha256\n"
      "r1,D,2025-01-02T03:04:05Z,a,transcript,s,5," +
      std::string(64, 'a') +
      "\n"
      "r2,D,,b,,,,\n");
  REQUIRE(found.rows.size() == 2);
  const archive::ImportRow& row = found.rows[1].second;
  CHECK_FALSE(row.recorded_at);
  CHECK(row.file.role == "audio");
  CHECK(row.subject.empty());
  CHECK_FALSE(row.file.bytes);
  CHECK_FALSE(row.file.sha256);
}

TEST_CASE("Quoted fields may hold commas and quotes and line breaks") {
  const auto found = read_text(
      "path,id,department,recorded_at\r\n"
      "\"a, \"\"b\"\"\nc\r\nd.wav\",r1,\"Council \"\"Tax\"\"\",\"2025-01-02T03:04:05Z\"\r\n"
      "e.wav,\"r2\",D,2025-01-02T03:04:05Z\r\n");
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].first == 2);
  CHECK(found.rows[0].second.file.path == "a, \"b\"\nc\r\nd.wav");
  CHECK(found.rows[0].second.department == "Council \"Tax\"");
  CHECK(found.rows[1].first == 5);  // lines 2 to 4 are the first row's
  CHECK(found.rows[1].second.id == "r2");
}

TEST_CASE("Spaces are part of a field") {
  const auto found = read_text(kHeader + "r1,D,2025-01-02T03:04:05Z, a b.wav \n");
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().file.path == " a b.wav ");
}

TEST_CASE("LF and CR LF and CR and no line end at all close a row") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto found =
        read_text("id,department,recorded_at,path" + end + "r1,D,2025-01-02T03:04:05Z,a" + end +
                  end + "r2,D,2025,b" + end + "r3,D,2025-01-02T03:04:05Z,c");
    REQUIRE(found.rows.size() == 3);
    CHECK(found.rows[0].first == 2);
    CHECK(found.rows[1].first == 4);  // a blank line is no row
    CHECK(found.rows[2].first == 5);
    CHECK(found.rows[2].second.file.path == "c");
  }
}

TEST_CASE("A byte order mark at the start is no part of the first column") {
  CHECK(read_text("\xef\xbb\xbf" + kHeader + kRow).rows.size() == 1);
  CHECK(read_text("\xef\xbb\xbf\"id\",department,recorded_at,path\n" + kRow).rows.size() == 1);
}

TEST_CASE("UTF-16 is named as such") {
  CHECK_MENTIONS(read_text(std::string("\xff\xfei\0d\0", 6)).failure, "calls: is UTF-16");
}

TEST_CASE("An empty CSV file is refused and a header alone is no rows") {
  CHECK_MENTIONS(read_text("").failure, "calls: is empty");
  CHECK_MENTIONS(read_text("\n\n").failure, "calls: is empty");
  const auto found = read_text("id,department,recorded_at,path");
  CHECK(found.failure.empty());
  CHECK(found.rows.empty());
  CHECK(found.bad.empty());
}

TEST_CASE("A row with too few or too many fields is bad and the next is read") {
  const auto found = read_text(kHeader + "r1,D,2025-01-02T03:04:05Z\n" + kRow +
                               "r1,D,2025-01-02T03:04:05Z,a,b,c\n");
  REQUIRE(found.bad.size() == 2);
  CHECK(found.bad[0].line == 2);
  CHECK(found.bad[0].cause == "the row has 3 fields, the header 4");
  CHECK(found.bad[1].line == 4);
  CHECK(found.rows.size() == 1);
}

TEST_CASE("A stray quote makes its row bad and the next line is read") {
  const auto found = read_text(kHeader +
                               "r1,D,2025-01-02T03:04:05Z,a\"b,c\r\n"
                               "r2,D,2025-01-02T03:04:05Z,\"a\"b,c\n"
                               "r3,\"D\nE\" x,2025-01-02T03:04:05Z,c\n" +
                               kRow);
  REQUIRE(found.bad.size() == 3);
  CHECK(found.bad[0].line == 2);
  CHECK_MENTIONS(found.bad[0].cause, "a quote stands where none can");
  CHECK(found.bad[1].line == 3);
  CHECK(found.bad[2].line == 4);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].first == 6);
}

TEST_CASE("A quote that is never closed ends the reading and names the line it opened on") {
  const auto found =
      read_text(kHeader + kRow + "r2,D,2025-01-02T03:04:05Z,\"a.wav\n" + kRow + kRow);
  CHECK_MENTIONS(found.failure, "calls: line 3:");
  CHECK_MENTIONS(found.failure, "is a quote not closed?");
  CHECK(found.rows.size() == 1);
}

TEST_CASE("A stray quote in the header is refused") {
  CHECK_MENTIONS(read_text("i\"d,department,recorded_at,path\n" + kRow).failure, "first row");
}

TEST_CASE("A NUL byte in a path is refused") {
  const auto found =
      read_text(kHeader + "r1,D,2025-01-02T03:04:05Z,a" + std::string(1, '\0') + ".wav\n" + kRow);
  CHECK(found.only_cause() == "the path has a NUL byte");
  CHECK(found.rows.size() == 1);
}

namespace {

/// A CSV whose second row has a field of `size` bytes, made as it is read.
class LongFieldBuf : public std::streambuf {
 public:
  explicit LongFieldBuf(std::size_t size) : left_(size) {
    setg(head_.data(), head_.data(), head_.data() + head_.size());
  }

 protected:
  int_type underflow() override {
    if (left_ == 0) return traits_type::eof();
    const std::size_t count = std::min(left_, block_.size());
    left_ -= count;
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_[0]);
  }

 private:
  std::string head_ = kHeader + kRow + "r2,D,2025-01-02T03:04:05Z,";
  std::string block_ = std::string(4096, 'x');
  std::size_t left_;
};

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("A field of a hundred megabytes is refused without keeping it") {
  for (const auto format : {intake::Format::csv, intake::Format::json_lines}) {
    const long before_kib = peak_kib();
    LongFieldBuf source(std::size_t{100} << 20);
    std::istream in(&source);
    intake::ReadOptions options;
    options.format = format;
    const auto found = test::read_stream(in, options);
    if (format == intake::Format::csv) {
      CHECK_MENTIONS(found.failure, "calls: line 3:");
    } else {
      REQUIRE(found.bad.size() == 3);
      CHECK_MENTIONS(found.bad[2].cause, "longer than 1024 KiB");
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed
    CHECK(peak_kib() - before_kib < 16384);
#else
    static_cast<void>(before_kib);
#endif
  }
}

TEST_CASE("A row of a million empty fields is bad and costs little") {
  const auto found = read_text(kHeader + std::string(1000000, ',') + "\n" + kRow);
  CHECK(found.only_cause() == "the row has 1000001 fields, the header 4");
  CHECK(found.rows.size() == 1);
}

TEST_CASE("Where blocks of the file meet makes no difference") {
  // Rows of every length around the reader's 64 KiB block, with CR LF and quotes at the seam.
  for (std::size_t pad = 65536 - 60; pad < 65536 + 10; ++pad) {
    const std::string filler(pad, 'f');
    const auto found = read_text("id,department,recorded_at,path,note\r\nr1,D,,a," + filler +
                                 "\r\nr2,D,,\"b\"\"\r\n\",\"x\"\r\nr3,D,,c,\r\n");
    REQUIRE(found.failure.empty());
    REQUIRE(found.rows.size() == 3);
    REQUIRE(found.rows[1].second.file.path == "b\"\r\n");
    REQUIRE(found.rows[1].first == 3);
    REQUIRE(found.rows[2].first == 5);
  }
}

TEST_CASE("A missing column is named together with those there are") {
  const auto found = read_text("key,calldate,recordingfile\n1,2,3\n");
  CHECK(found.failure ==
        "calls: there is no column id; the columns are key, calldate, recordingfile; if one "
        "of them is meant, give --column id=NAME");
  CHECK(found.rows.empty());
}

TEST_CASE("A column named twice is refused") {
  CHECK(read_text("id,path,department,recorded_at,path\n").failure ==
        "calls: the column path is there twice; the columns are id, path, department, "
        "recorded_at, path");
}

TEST_CASE("Columns that are not ours are passed over") {
  const auto found = read_text(
      "note,id,note,department,recorded_at,path,\n"
      "\xff\xfe,r1,x,D,2025-01-02T03:04:05Z,a,\n");
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().file.path == "a");
}

TEST_CASE("A recorder's own column names are mapped") {
  intake::ReadOptions options;
  options.columns.renamed = {{"id", "uniqueid"},
                             {"recorded_at", "calldate"},
                             {"path", "recordingfile"},
                             {"call_id", "uniqueid"}};
  // Its own column of one of our names is then not ours.
  const auto found = read_text(
      "uniqueid,calldate,recordingfile,department,path\n"
      "17.3,2025-01-02T03:04:05Z,a.wav,D,elsewhere\n",
      options);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().id == "17.3");
  CHECK(found.only().call_id == "17.3");
  CHECK(found.only().file.path == "a.wav");
}

TEST_CASE("Mapping a column that is not ours or not theirs is refused") {
  intake::ReadOptions options;
  options.columns.renamed = {{"recorded", "calldate"}};
  CHECK_MENTIONS(read_text(kHeader + kRow, options).failure,
                 "there is no column recorded; the columns are id, "
                 "department, recorded_at, path, role, subject");
  options.columns.renamed = {{"subject", "caller"}};
  CHECK(read_text(kHeader + kRow, options).failure ==
        "calls: there is no column caller, which --column subject=caller names; the columns are "
        "id, department, recorded_at, path");
}

TEST_CASE("A header that is a terminal attack is shown as escapes") {
  const auto found = read_text("\x1b[2Jid,b\n");
  CHECK(found.failure.find('\x1b') == std::string::npos);
}

TEST_CASE("A pipe that brings a byte at a time is read as a file is") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string text = kHeader + kRow + "r2,D,2025-01-02T03:04:05Z,\"b\n\"\n";
  std::thread writer([&] {
    for (const char c : text) {
      if (::write(ends[1], &c, 1) != 1) break;
    }
    ::close(ends[1]);
  });
  __gnu_cxx::stdio_filebuf<char> buffer(ends[0], std::ios::in);
  std::istream in(&buffer);
  const auto found = test::read_stream(in, {});
  writer.join();
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[1].second.file.path == "b\n");
}

TEST_CASE("A directory in place of a file is a failure and not an empty import") {
  const test::Scratch scratch;
  std::ifstream in(scratch.path(), std::ios::binary);
  CHECK(test::read_stream(in, {}).failure == "calls: cannot be read");
}

TEST_CASE("What the receiver of a row throws comes out of the reading") {
  std::istringstream in(kHeader + kRow + kRow);
  int rows = 0;
  CHECK_THROWS_AS(intake::read_rows(
                      in, {},
                      [&](std::uint64_t, const archive::ImportRow&) {
                        ++rows;
                        throw base::Failure(base::ExitStatus::needs_person, "disk full");
                      },
                      [](const intake::BadRow&) {}),
                  base::Failure);
  CHECK(rows == 1);
}

// `expunge import --scan`: recordings whose files lie in several directories.

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/scan_archive.h"
#include "support/wav.h"

using namespace expunge;
using namespace expunge::test;

namespace {

/// Audio and transcripts in trees of their own, and in the names the recording's id.
constexpr const char* kTwoTrees =
    R"((?:audio|text|words)/(?<date>\d{8})-(?<time>\d{6})_(?<id>\w+)\.\w+)";

}  // namespace

TEST_CASE(
    "Files of one id in several directories are one recording with the audio's end for a date") {
  const Archive archive;
  const std::vector<std::string> services = {"--department", "Customer Services"};
  const auto scan = [&](std::vector<std::string> more = {}) {
    more.insert(more.end(), services.begin(), services.end());
    return archive.scan(std::move(more), kTwoTrees);
  };
  archive.put("audio/20251123-100000_a.wav", wav(90));
  archive.put("text/20251123-100000_a.txt", "hello");
  archive.put("words/20251123-100000_a.json", "{}");
  SECTION("In one scan") {
    CHECK_ENDED(scan(), 0);
  }
  SECTION("Under random ids") {
    CHECK_ENDED(scan({"--opaque-ids"}), 0);
  }
  SECTION("The transcript long before the audio") {
    const Archive later;
    const auto scan_later = [&] { return later.scan(services, kTwoTrees); };
    later.put("text/20251123-100000_a.txt", "hello");
    CHECK_ENDED(scan_later(), 0);
    CHECK(later.date("text/20251123-100000_a.txt") == "2025-11-23T10:00:00Z");
    later.put("audio/20251123-100000_a.wav", wav(90));
    const Ended second = scan_later();
    CHECK_ENDED(second, 0);
    CHECK(contains(second.out, "recordings added: 0, changed: 1\n"));
    CHECK(later.date("text/20251123-100000_a.txt") == "2025-11-23T10:01:30Z");
    CHECK(later.value("SELECT count(*) FROM contradiction") == "0");
    CHECK_ENDED(scan(), 0);
  }
  CHECK(archive.value("SELECT count(*) FROM recording") == "1");
  CHECK(archive.value("SELECT count(*) FROM contradiction") == "0");
  CHECK(archive.date("text/20251123-100000_a.txt") == "2025-11-23T10:01:30Z");
  CHECK(
      archive.value("SELECT group_concat(role, ' ') FROM (SELECT role FROM file ORDER BY path)") ==
      "audio transcript sidecar");
  const Ended again = scan();
  CHECK_ENDED(again, 0);
  CHECK(contains(again.out, "in the index before: 3; recordings added: 0, changed: 0\n"));
}

TEST_CASE("Files of one id whose paths have two times are one contradicted recording") {
  const Archive archive;
  archive.put("audio/20251123-100000_a.wav", wav(90));
  archive.put("text/20251123-100001_a.txt", "hello");
  const Ended done = archive.scan({"--department", "Customer Services"}, kTwoTrees);
  CHECK_ENDED(done, 1);
  CHECK(contains(done.out, "; new contradictions: 1\n"));
  CHECK(contains(done.err, "new contradictions between this import and the index: 1"));
  CHECK(archive.value("SELECT count(*) FROM file") == "2");
  CHECK(archive.value("SELECT fact FROM contradiction") == "recorded_at");
  CHECK(archive.date("text/20251123-100001_a.txt") == "2025-11-23T10:01:30Z");
}

TEST_CASE("A date that a person put right stands when a file of another directory comes") {
  const Archive archive;
  const std::vector<std::string> services = {"--department", "Customer Services"};
  archive.put("audio/20251123-100000_a.wav", wav(90));
  CHECK_ENDED(archive.scan(services, kTwoTrees), 0);
  CHECK_ENDED(
      archive.call({"correct", "a", "--recorded-at", "2025-11-20T10:00:00Z", "--authority", "R-1"}),
      0);
  archive.put("text/20251123-100000_a.txt", "hello");
  CHECK_ENDED(archive.scan(services, kTwoTrees), 0);
  CHECK(archive.date("text/20251123-100000_a.txt") == "2025-11-20T10:00:00Z");
  CHECK(archive.value("SELECT count(*) FROM contradiction") == "0");
}

TEST_CASE("A list's date that is not of the time in the paths stays contradicted by them") {
  const Archive archive;
  archive.put("audio/20251123-100000_a.wav", wav(90));
  CHECK_ENDED(
      archive.call({"import", "-"},
                   "id,department,recorded_at,path\n"
                   "a,Customer Services,2024-11-23T10:01:30Z,audio/20251123-100000_a.wav\n"),
      0);
  archive.put("text/20251123-100000_a.txt", "hello");
  CHECK_ENDED(archive.scan({"--department", "Customer Services"}, kTwoTrees), 1);
  CHECK(archive.value("SELECT count(*) FROM recording") == "1");
  CHECK(archive.value("SELECT fact FROM contradiction") == "recorded_at");
  CHECK(archive.date("text/20251123-100000_a.txt") == "2024-11-23T10:01:30Z");
}

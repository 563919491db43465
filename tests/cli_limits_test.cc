// What a run may take of the machine: memory and descriptors, on an archive of very many files.

#include <fmt/format.h>

#include "base/text.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using test::Office;

namespace {

/// Of 1,000 in a directory, a year and a bit old, and one of yesterday.
std::string furnish(const Office& office, int count) {
  std::string csv = "id,department,recorded_at,path,subject\n";
  const std::string old = Office::days_ago(400);
  for (int i = 0; i < count; ++i) {
    const std::string path = fmt::format("2025/{:03}/call-{:06}.wav", i / 1000, i);
    office.write(path, fmt::format("a short call, number {}", i));
    csv += fmt::format("r-{:06},Customer Services,{},{},01632 {:06}\n", i, old, path, i);
  }
  office.write("new.wav", "kept");
  return csv + "new,Customer Services," + Office::days_ago(1) + ",new.wav,\n";
}

/// Runs with these limits on descriptors, soft and hard.
test::Ended run_with_descriptors(const Office& office, int soft, int hard) {
  return test::run_program(
      {"sh", "-c", fmt::format("ulimit -Sn {} && ulimit -Hn {} && exec \"$@\"", soft, hard), "sh",
       test::kBinary, "--config", office.config, "run"});
}

}  // namespace

TEST_CASE("A run over very many recordings stays within 64 MiB and its limit of descriptors") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  struct Case {
    int recordings, soft, hard;
  };
  const auto given = GENERATE(Case{30000, 1024, 4096}, Case{3000, 512, 512}, Case{1000, 256, 256});
  CAPTURE(given.recordings, given.hard);
  CHECK_ENDED(office.call({"import", "-"}, furnish(office, given.recordings)), 0);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const test::Ended run = run_with_descriptors(office, given.soft, given.hard);
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK(test::contains(run.out,
                       "destroyed " + base::grouped(static_cast<std::uint64_t>(given.recordings))));
  CHECK(test::contains(run.out, "failed 0"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed
  CHECK(run.most_resident_kib < 64L * 1024);
#endif
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

// A new log for an index that is older than the old log: what only that knew.

#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/succession.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::OldOffice;

namespace {

namespace fs = std::filesystem;

/// An index that can be put back as it was.
class Copy {
 public:
  explicit Copy(const OldOffice& old)
      : index_(old.directory() + "/index.db"), copy_(old.office.scratch / "backup.db") {
    fs::copy_file(index_, copy_);
  }
  void restore() const { fs::copy_file(copy_, index_, fs::copy_options::overwrite_existing); }

 private:
  std::string index_, copy_;
};

Ended succeed(const OldOffice& old) {
  old.lose_key();
  old.name_new_log();
  Ended made = old.succeed();
  CHECK_ENDED(made, 0);
  return made;
}

void delay_releases(const OldOffice& old) {
  std::string config = test::slurp(old.office.config);
  const std::string none = "release-delay = none";
  config.replace(config.find(none), none.size(), "release-delay = 7 days");
  test::spill(old.office.config, config);
}

constexpr const char* kHead = "id,department,recorded_at,path,subject,call_id\n";

std::string row(const std::string& id, int days, const std::string& subject,
                const std::string& call) {
  return id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + subject + "," +
         call + "\n";
}

}  // namespace

TEST_CASE("What an older index has lost of corrections a new log's index learns from the old one") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  const std::string index = old.directory() + "/index.db";
  const std::string backup = old.office.scratch / "backup.db";
  fs::copy_file(index, backup);
  CHECK_ENDED(old.office.call({"correct", "new-1", "--department", "Revenues and Benefits",
                               "--authority", "CR-1"}),
              0);
  CHECK_ENDED(old.office.call({"destroy", "new-1", "--ground", "erasure", "--authority", "E-1",
                               "--yes", "--tonight"}),
              0);
  fs::copy_file(backup, index, fs::copy_options::overwrite_existing);
  old.lose_key();
  old.name_new_log();
  const Ended made = old.succeed();
  CHECK_ENDED(made, 0);
  CHECK(contains(made.err, "new-1: department was Customer Services, the log says Revenues and"));
  CHECK(contains(made.err, "new-1: the log says that it was ordered to be destroyed"));
  CHECK(contains(old.office.call({"plan"}).out, "Brake index: the index is older than the log"));
  CHECK_ENDED(old.office.call({"correct", "new-1", "--as-imported", "--authority", "CR-2"}), 0);
  // The old log's order, of which the new one has no entry.
  CHECK_ENDED(old.office.call({"destroy", "new-1", "--withdraw"}), 0);
  CHECK(contains(old.office.call({"explain", "new-1"}).out, "kept: kept for "));
  CHECK_ENDED(old.office.call({"log", "verify"}), 0);
}

TEST_CASE("Imports that an older index has lost are a brake under the new log too") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  for (const char* id : {"x", "y"}) old.office.write(std::string(id) + ".wav", "audio");
  const std::string rows = row("x", 400, "", "C-1") + row("y", 400, "", "C-1");
  CHECK_ENDED(old.office.call({"import", "-"}, kHead + rows), 0);
  const Copy copy(old);
  CHECK_ENDED(old.office.call({"import", "-"}, kHead + row("x", 100, "", "C-1")), 1);
  copy.restore();
  CHECK(contains(succeed(old).err, "the index is older than the old log: import again what was"));
  CHECK_ENDED(old.office.call({"approve", old.office.digest(), "--reason", "read it"}), 1);
  const Ended braked = old.office.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "(what the log before this one knew)"));
  CHECK_ENDED(old.office.call({"import", "-"}, kHead + row("x", 100, "", "C-1")), 1);
  const Ended ran = old.office.call({"run", "--accept-index"});
  CHECK_ENDED(ran, 1);
  CHECK(old.office.exists("x.wav"));
  CHECK_FALSE(old.office.exists("y.wav"));
  CHECK_FALSE(contains(old.office.call({"plan"}).out, "Brake index"));
}

TEST_CASE("The first run past the brake destroys nothing where a succession found corrections") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  for (const char* id : {"x", "y"}) old.office.write(std::string(id) + ".wav", "audio");
  const std::string rows = row("x", 400, "", "C-1") + row("y", 400, "", "C-1");
  CHECK_ENDED(old.office.call({"import", "-"}, kHead + rows), 0);
  CHECK_ENDED(old.office.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                               "--subject", "01462 474111"}),
              1);
  const Copy copy(old);
  CHECK_ENDED(old.office.call({"correct", "x", "--subject", "01462 474111", "--authority", "C-1"}),
              0);
  copy.restore();
  CHECK(contains(succeed(old).err, "x: the log says that its subject was put right"));
  CHECK_ENDED(old.office.call({"approve", old.office.digest(), "--reason", "read it"}), 1);
  const Ended ran = old.office.call({"run", "--accept-index"});
  CHECK_ENDED(ran, 1);
  CHECK(contains(ran.out, "stopped before its end; destroyed 0"));
  CHECK(contains(ran.err, "this run began to destroy nothing: the index had lost corrections"));
  CHECK(old.office.exists("y.wav"));
  CHECK_ENDED(old.office.call({"correct", "x", "--subject", "01462 474111", "--authority", "C-2"}),
              0);
  CHECK_ENDED(old.office.call({"run"}), 0);
  CHECK(contains(old.office.call({"explain", "y"}).out, "held by H-1"));
}

TEST_CASE("What is put right between a succession and the first run need not be put right again") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  const Copy copy(old);
  CHECK_ENDED(
      old.office.call({"correct", "new-1", "--subject", "01462 474111", "--authority", "C-1"}), 0);
  copy.restore();
  static_cast<void>(succeed(old));
  CHECK_ENDED(
      old.office.call({"correct", "new-1", "--subject", "01462 474111", "--authority", "C-2"}), 0);
  const Ended ran = old.office.call({"run", "--accept-index", "--accept-clock"});
  CHECK_ENDED(ran, 0);
  CHECK_FALSE(contains(ran.err, "the log says"));
  CHECK_FALSE(contains(old.office.call({"plan"}).out, "Brake index"));
}

TEST_CASE("A hold that was kept stays so under the new log although its end in the index is past") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  CHECK_ENDED(old.office.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                               "--recording", "new-1"}),
              0);
  // As of a release whose day has come since, and that was taken back in time.
  const std::string index = old.directory() + "/index.db";
  test::sql_run(index,
                "UPDATE hold SET released_at = '2026-01-01T09:00:00.000Z',"
                " effective_on = '2026-01-02', release_user = 'officer'"
                " WHERE reference = 'H-1'");
  CHECK(contains(succeed(old).err, "hold H-1: the index has it as released"));
  CHECK(contains(old.office.call({"hold", "show", "H-1"}).out, "Recordings covered now: 1"));
}

TEST_CASE("A hold of which the index has erased what it covered is a brake under the new log") {
  const OldOffice old;
  const std::string index = old.directory() + "/index.db";
  test::sql_run(index,
                "UPDATE hold SET released_at = '2026-01-01T09:00:00.000Z',"
                " effective_on = '2026-01-02', release_user = 'officer', erased = 1"
                " WHERE reference = 'SAR-1'");
  static_cast<void>(succeed(old));
  CHECK(contains(old.office.call({"plan"}).out, "Brake holds"));
}

TEST_CASE("A release that the old log says was taken back is so under the new one") {
  const OldOffice old;
  delay_releases(old);
  CHECK_ENDED(old.office.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
  const Copy copy(old);
  CHECK_ENDED(old.office.call({"hold", "keep", "SAR-1"}), 0);
  copy.restore();
  CHECK(
      contains(succeed(old).err,
               "hold SAR-1: the index has it as released, and the log does not say so any more, or "
               "says another day: it is kept"));
  const Ended listed = old.office.call({"hold", "list"});
  CHECK_ENDED(listed, 0);
  CHECK_FALSE(contains(listed.out, "released"));
}

TEST_CASE(
    "A hold kept under the new log stays so when the index is put back and handed over again") {
  const OldOffice old;
  delay_releases(old);
  CHECK_ENDED(old.office.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
  const Copy copy(old);
  static_cast<void>(succeed(old));
  CHECK_ENDED(old.office.call({"hold", "keep", "SAR-1"}), 0);
  copy.restore();
  const Ended again = old.succeed();
  CHECK_ENDED(again, 0);
  CHECK(contains(again.err, "hold SAR-1: the index has it as released"));
  CHECK(contains(again.out, "which was opened in the place of"));
  const Ended listed = old.office.call({"hold", "list"});
  CHECK_ENDED(listed, 0);
  CHECK_FALSE(contains(listed.out, "released"));
  CHECK_ENDED(old.office.call({"hold", "keep", "SAR-1"}), 2);
}

TEST_CASE("Nothing is decided about what the old log says is destroyed before the first run") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  const Copy copy(old);
  CHECK_ENDED(
      old.office.call({"destroy", "new-1", "--ground", "erasure", "--authority", "E-1", "--yes"}),
      0);
  copy.restore();
  static_cast<void>(succeed(old));
  const std::string gone = "a log before the one in use says that it was destroyed or removed";
  const std::string looked = old.office.call({"check"}).out;
  CHECK(contains(looked,
                 "not looked at, because the log says that they are destroyed or "
                 "removed, and the index does not know: 1"));
  CHECK_FALSE(contains(looked, "would be refused"));
  const Ended explained = old.office.call({"explain", "new-1"});
  CHECK_ENDED(explained, 1);
  CHECK(contains(explained.err, gone));
  const Ended ordered = old.office.call(
      {"destroy", "new-1", "--ground", "erasure", "--authority", "E-1", "--yes", "--tonight"});
  CHECK_ENDED(ordered, 2);
  CHECK(contains(ordered.err, gone));
  const Ended held = old.office.call(
      {"hold", "place", "H-2", "--kind", "sar", "--reason", "a request", "--recording", "new-1"});
  CHECK_ENDED(held, 1);
  CHECK(contains(held.err, "the log says are destroyed or removed: 1"));
}

TEST_CASE("Corrections in the log of a lost machine wait for the imports of a new index") {
  const OldOffice old;
  CHECK_ENDED(old.office.call({"correct", "held-1", "--recorded-at",
                               Office::days_ago(100).substr(0, 10), "--authority", "C-1"}),
              0);
  const std::string copies = old.office.scratch / "copies";
  fs::copy(old.old_log(), copies, fs::copy_options::recursive);
  fs::remove_all(old.directory());
  const std::string fresh = old.office.scratch / "fresh";
  const Ended made = test::expunge({"init", fresh, "--root", old.office.root, "--origin",
                                    OldOffice::kNewOrigin, "--authority", "DPO-1", "--reason",
                                    "machine-lost", "--successor-of", copies + "/checkpoint"});
  CHECK_ENDED(made, 0);
  CHECK(contains(made.err, "held-1: the log says " + Office::days_ago(100).substr(0, 10)));
  const auto call = [&](std::vector<std::string> more, const std::string& input = "") {
    more.insert(more.begin(), {"--config", fresh + "/expunge.conf"});
    return test::expunge(std::move(more), input);
  };
  CHECK(contains(call({"plan"}).out, "Brake index: the index had lost corrections"));
  CHECK_ENDED(call({"import", "-"}, old.csv), 1);
  CHECK(contains(call({"explain", "held-1"}).out, "the log says "));
}

TEST_CASE("A hold that only the old log knew counts from the new log's opening and that is said") {
  const OldOffice old;
  const Copy copy(old);
  const auto place = [&] {
    return old.office.call(
        {"hold", "place", "H-3", "--kind", "sar", "--reason", "a request", "--recording", "new-1"});
  };
  CHECK_ENDED(place(), 0);
  copy.restore();
  static_cast<void>(succeed(old));
  const Ended again = place();
  CHECK_ENDED(again, 1);
  CHECK(contains(again.err,
                 "it is placed again (on that day this log was opened in the place of "
                 "another, which alone has the day on which it was placed: letters name "
                 "this one), and nobody can tell"));
}

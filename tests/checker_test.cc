// The judge of every sweep is judged: each kind of wrong is planted, and must be found.

#include "support/checker.h"

#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/dying_sys.h"

using namespace expunge;
using namespace expunge::test;
using Moment = Checker::Moment;

namespace {

constexpr const char* kOctober = "2025-10-01T09:00:00Z";

/// After a good night: `gone` and `gone-2` destroyed, `stay` not due.
struct Scene {
  Scene()
      : gone(marked_audio("gone", 5000)),
        stay(marked_audio("stay", 5000)),
        checker(council.root, council.index_path, council.log_place) {
    council.add("gone", kOctober, "d/gone.wav", gone);
    council.add("gone-2", kOctober, "d/gone2.wav", marked_audio("gone-2", 9000));
    council.add("stay", "2026-11-01T09:00:00Z", "d/stay.wav", stay);
    council.approve();
    checker.expect("gone", Fate::goes, {{"d/gone.wav", gone}});
    checker.expect("gone-2", Fate::goes, {{"d/gone2.wav", marked_audio("gone-2", 9000)}});
    checker.expect("stay", Fate::stays, {{"d/stay.wav", stay}});
  }
  /// The first fault that says this; empty when there is none.
  std::string said(const std::string& words, Moment moment = Moment::finished) {
    for (const std::string& fault : checker.find_faults(moment)) {
      if (fault.find(words) != std::string::npos) return fault;
    }
    return "";
  }
  void sql(const std::string& text) { sql_run(council.index_path, text); }

  Council council;
  std::string gone, stay;
  Checker checker;
};

#define NEEDS_A_DISK(scene) \
  if (!(scene).council.can_destroy()) SKIP_TEST("no file system here that overwrites in place")

}  // namespace

TEST_CASE("The checker finds nothing wrong before a night and after a good one") {
  Scene scene;
  NEEDS_A_DISK(scene);
  CHECK(scene.checker.find_faults(Moment::interrupted).empty());
  CHECK_FALSE(scene.said("gone: should have been destroyed and is kept").empty());
  scene.council.run();
  CHECK(scene.checker.find_faults(Moment::interrupted).empty());
  CHECK(scene.checker.find_faults(Moment::finished).empty());
}

TEST_CASE("The checker finds what was touched before any run began") {
  Scene scene;
  spill(scene.council.path("d/gone.wav"), std::string(5000, 'x'));
  CHECK_FALSE(scene.said("was changed and no run.start stands", Moment::interrupted).empty());
  CHECK_FALSE(scene.said("neither begun nor destroyed", Moment::interrupted).empty());
  std::filesystem::remove(scene.council.path("d/gone.wav"));
  CHECK_FALSE(scene.said("is gone and the log says nothing", Moment::interrupted).empty());
}

TEST_CASE("The checker finds original bytes of what is logged as destroyed wherever they are") {
  Scene scene;
  NEEDS_A_DISK(scene);
  scene.council.run();
  spill(scene.council.path("elsewhere"), "x" + scene.gone.substr(4096, 64));
  CHECK_FALSE(scene.said("gone: is logged as destroyed and can be read").empty());
  CHECK(scene.said("gone-2").empty());
  CHECK(scene.checker.find_claims_against("...." + scene.gone.substr(320, 64)).size() == 1);
  CHECK(scene.checker.find_claims_against("...." + scene.stay).empty());
}

TEST_CASE("The checker finds a byte changed in what must stay") {
  Scene scene;
  NEEDS_A_DISK(scene);
  scene.council.run();
  std::string other = scene.stay;
  other[4711] ^= 1;
  spill(scene.council.path("d/stay.wav"), other);
  CHECK_FALSE(scene.said("stay: must stay and d/stay.wav was changed").empty());
  std::filesystem::remove(scene.council.path("d/stay.wav"));
  CHECK_FALSE(scene.said("stay: must stay and d/stay.wav is gone").empty());
}

TEST_CASE("The checker finds an index that says other than log and disk") {
  Scene scene;
  NEEDS_A_DISK(scene);
  scene.council.run();
  SECTION("not destroyed") {
    scene.sql("UPDATE recording SET state = 'kept' WHERE id = 'gone'");
    CHECK_FALSE(scene.said("gone: is logged as destroyed and kept").empty());
    CHECK_FALSE(scene.said("gone: should have been destroyed").empty());
  }
  SECTION("destroyed, without an entry") {
    scene.sql("UPDATE recording SET state = 'destroyed' WHERE id = 'stay'");
    CHECK_FALSE(scene.said("stay: is destroyed in the index, and the log").empty());
    CHECK_FALSE(scene.said("stay: is destroyed and d/stay.wav is there").empty());
    CHECK_FALSE(scene.said("stay: is destroyed and the index still has its paths").empty());
  }
  SECTION("another place in the log") {
    scene.sql("UPDATE recording SET log_seq = 1 WHERE id = 'gone'");
    CHECK_FALSE(scene.said("gone: the index names entry 1").empty());
  }
  SECTION("partial, without an entry") {
    scene.sql("UPDATE recording SET state = 'partial' WHERE id = 'stay'");
    CHECK_FALSE(scene.said("stay: is partial in the index").empty());
  }
  SECTION("a longer log") {
    scene.sql("UPDATE log_position SET size = 1000");
    CHECK_FALSE(scene.said("the index knows of 1000 entries").empty());
  }
  SECTION("another run's journal") {
    scene.sql(
        "INSERT INTO journal_batch(run, stream_key, log_size, log_last_hash)"
        " VALUES ('20260101T000000Z-0000', x'00', 1, x'00')");
    CHECK_FALSE(scene.said("of which no run.start stands", Moment::interrupted).empty());
    CHECK_FALSE(scene.said("something is left in the journal").empty());
  }
  SECTION("no row") {
    scene.checker.expect("nobody", Fate::stays, {});
    CHECK_FALSE(scene.said("nobody: is not in the index").empty());
  }
}

TEST_CASE("The checker finds a damaged index") {
  Scene scene;
  std::string index = slurp(scene.council.index_path);
  for (std::size_t at = 4096; at < index.size(); at += 4096) {
    index.replace(at, 64, std::string(64, 'x'));
  }
  spill(scene.council.index_path, index);
  bool found = false;
  try {
    found = !scene.checker.find_faults(Moment::interrupted).empty();
  } catch (const std::runtime_error&) {
    found = true;
  }
  CHECK(found);
}

TEST_CASE("The checker finds a log that was changed or cut or that left its checkpoint") {
  Scene scene;
  NEEDS_A_DISK(scene);
  scene.council.run();
  const std::string path = scene.council.log_place.directory + "/log.jsonl";
  const std::string log = slurp(path);
  const std::string checkpoint = slurp(scene.council.log_place.directory + "/checkpoint");
  REQUIRE(scene.checker.find_faults(Moment::finished).empty());
  SECTION("a byte") {
    std::string other = log;
    other[other.find("\"destroy\"") + 1] = 'x';
    spill(path, other);
    CHECK_FALSE(scene.said("the log, line", Moment::interrupted).empty());
  }
  SECTION("its end") {
    spill(path, log.substr(0, log.rfind('\n', log.size() - 2) + 1));
    CHECK_FALSE(scene.said("the log, line", Moment::interrupted).empty());
  }
  SECTION("its end and its checkpoint") {
    Council other;
    scene.council.run();  // a second night, of which checker saw nothing yet
    REQUIRE(scene.checker.find_faults(Moment::finished).empty());
    spill(path, log);
    spill(scene.council.log_place.directory + "/checkpoint", checkpoint);
    CHECK_FALSE(scene.said("the log, line", Moment::interrupted).empty());
  }
  SECTION("a torn tail") {
    spill(path, log + "{\"v\":1");
    CHECK(scene.checker.find_faults(Moment::interrupted).empty());
    CHECK_FALSE(scene.said("tail is torn").empty());
  }
}

TEST_CASE("The checker finds more original bytes than a partial destruction says were kept") {
  Scene scene;
  NEEDS_A_DISK(scene);
  struct Dying : base::Sys {
    int fdatasync(int fd) override {
      if (std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).extension() ==
          ".wav") {
        throw Death();
      }
      return Sys::fdatasync(fd);
    }
  } dying;
  scene.council.sys = &dying;
  CHECK_THROWS_AS(static_cast<void>(scene.council.run()), Death);
  scene.council.sys = &base::real_sys();
  scene.council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
  scene.checker.expect("gone", Fate::stops, {{"d/gone.wav", scene.gone}});
  scene.checker.expect("gone-2", Fate::stops, {{"d/gone2.wav", marked_audio("gone-2", 9000)}});
  scene.council.run();
  REQUIRE(scene.council.state("gone") == "partial");
  REQUIRE(scene.checker.find_faults(Moment::finished).empty());
  spill(scene.council.path("d/gone.wav"), scene.gone.substr(0, 4096));
  CHECK_FALSE(scene.said("gone: the log says that 0 bytes were kept").empty());
}

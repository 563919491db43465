// Corrections that the log knows and an index, which is a restored backup, has lost; and what such
// an index takes for kept.

#include "support/archive_fixture.h"
#include "support/ready_office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::row;
using Ready = test::ReadyOffice;
using Words = std::vector<std::string>;

TEST_CASE("A recording whose true date an older index has lost is kept until a person says it") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.import(row("d", 364));
  ready.office.write("d.wav", std::string(8000, 'x'));
  ready.back_up();
  const std::string true_day = Office::days_ago(100).substr(0, 10);
  CHECK_ENDED(ready.correct("d", "--recorded-at", true_day), 0);
  ready.restore();
  const Ended ran = ready.accept();
  CHECK(contains(ran.err, "d: recorded_at was "));
  CHECK(contains(ran.err,
                 "the log says " + true_day +
                     " (put right, authority CR-1), and the index did not know: take that (expunge "
                     "correct --as-imported), or say what is right; it is kept until then"));
  const Ended explained = ready.call({"explain", "d"});
  CHECK(contains(explained.out, "attention"));
  CHECK(contains(explained.out, "the log says " + true_day));
  const Ended again = ready.call({"run"});
  CHECK_ENDED(again, 3);
  CHECK(
      contains(again.err,
               "the index had lost corrections that the log has, and of so many recordings nobody "
               "has said yet what is right: 1"));
  CHECK_ENDED(ready.call({"correct", "d", "--as-imported", "--authority", "CR-2"}), 0);
  CHECK(contains(ready.call({"explain", "d"}).out, true_day));
  CHECK_ENDED(ready.call({"run"}), 0);
  CHECK(ready.office.exists("d.wav"));
}

TEST_CASE("A date that an older index has lost destroys nothing in the run that finds it") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.office.write("d.wav", std::string(8000, 'x'));
  ready.import(row("d", 380));
  ready.back_up();
  CHECK_ENDED(ready.correct("d", "--recorded-at", Office::days_ago(100).substr(0, 10)), 0);
  ready.restore();
  CHECK_ENDED(ready.call({"approve", ready.office.digest(), "--reason", "one of few"}), 1);
  static_cast<void>(ready.accept());
  CHECK(ready.office.exists("d.wav"));
}

TEST_CASE("A department that an older index has lost is taken from the log for many at once") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  const std::string other = "Revenues and Benefits";
  CHECK_ENDED(ready.call({"correct", "a", "b", "--authority", "CR-1", "--department", other}), 0);
  ready.restore();
  const Ended ran = ready.accept();
  for (const char* id : {"a", "b"}) {
    CHECK(contains(ran.err, std::string(id) + ": department was Customer Services, the log says " +
                                other + " (put right, authority CR-1)"));
  }
  CHECK_ENDED(ready.call({"correct", "-", "--as-imported", "--authority", "CR-2", "--expect", "2"},
                         "a\nb\n"),
              0);
  CHECK_ENDED(ready.call({"run"}), 0);
  CHECK(contains(ready.call({"explain", "b"}).out, other));
}

TEST_CASE("Corrections that the index knows are told by no run") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  CHECK_ENDED(ready.correct("a", "--department", "Revenues and Benefits"), 0);
  CHECK_ENDED(ready.correct("b", "--recorded-at", Office::days_ago(5).substr(0, 10)), 0);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474111"), 0);
  ready.import(row("b", 2));  // as the source still has it
  const Ended ran = ready.call({"run"});
  CHECK_ENDED(ran, 0);
  CHECK_FALSE(contains(ran.err, "the log says"));
}

TEST_CASE("A correction made again before the run that learns from the log is none that is lost") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.correct("a", "--department", "Revenues and Benefits"), 0);
  ready.restore();
  CHECK_ENDED(ready.correct("a", "--department", "Revenues and Benefits"), 0);
  CHECK_ENDED(ready.call({"run"}), 3);
  CHECK_FALSE(contains(ready.call({"run", "--accept-index"}).err, "the log says"));
}

TEST_CASE("What was put right of a recording that an older index has not got waits for an import") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  const std::string rows = row("d", 400) + row("e", 400);
  for (const char* id : {"d", "e"}) ready.office.write(std::string(id) + ".wav", "audio");
  ready.import(rows);
  const std::string true_day = Office::days_ago(100).substr(0, 10);
  CHECK_ENDED(ready.correct("d", "--recorded-at", true_day), 0);
  CHECK_ENDED(ready.correct("e", "--subject", "01462 474111"), 0);
  ready.restore();
  const Ended unknown = ready.call({"explain", "d"});
  CHECK_ENDED(unknown, 1);
  CHECK(contains(unknown.err, "the index knows no recording 'd', and the log does"));
  CHECK(contains(unknown.out, "recorded " + true_day));
  CHECK(
      contains(ready.accept().err, "d: the log says " + true_day + " (put right, authority CR-1)"));
  const Ended braked = ready.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "(expunge correct ID --as-indexed): d, e"));
  // The usual night, before anybody has read that.
  const Ended imported =
      ready.call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows);
  CHECK_ENDED(imported, 1);
  CHECK(contains(imported.err,
                 "recordings added of which the log knows corrections or orders, which an index "
                 "put back from a backup had lost: 2"));
  CHECK_ENDED(ready.call({"run"}), 3);
  CHECK(ready.office.exists("d.wav"));
  CHECK_ENDED(ready.call({"correct", "d", "--as-imported", "--authority", "CR-2"}), 0);
  CHECK_ENDED(ready.correct("e", "--subject", "01462 474111"), 0);
  CHECK_ENDED(ready.call({"approve", ready.office.digest(), "--reason", "one of few"}), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
  CHECK(ready.office.exists("d.wav"));
  CHECK_FALSE(ready.office.exists("e.wav"));
}

TEST_CASE("A person can say that what was put right will not be imported again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  ready.import(row("d", 4));
  CHECK_ENDED(ready.correct("d", "--department", "Revenues and Benefits"), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  const Ended refused = ready.correct("d", "--department", "Revenues and Benefits");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "of which the log knows corrections: import it again first, or say"));
  CHECK_ENDED(ready.call({"run"}), 3);
  CHECK(contains(ready.call({"explain", "d"}).err, "say that it will not come"));
  const Words not_coming{"correct", "d", "--as-indexed", "--authority", "CR-2"};
  const Ended said = ready.call(not_coming);
  CHECK_ENDED(said, 0);
  CHECK(contains(said.out, "Recording d: no import is awaited any more"));
  CHECK_ENDED(ready.call(not_coming), 2);
  CHECK(contains(ready.call({"explain", "d"}).err, "somebody has said that no import will bring"));
  CHECK_ENDED(ready.call({"run"}), 0);
  // That it comes all the same does not make the log's word void.
  const Ended imported =
      ready.call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + row("d", 4));
  CHECK_ENDED(imported, 1);
  CHECK(contains(ready.call({"explain", "d"}).out, "the log says Revenues and Benefits"));
}

TEST_CASE("The log's newest word on a recording is what the plan shows") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474222"), 0);
  CHECK_ENDED(ready.call({"destroy", "a", "--ground", "erasure", "--authority", "E-OLD", "--yes",
                          "--tonight"}),
              0);
  ready.restore();
  static_cast<void>(ready.accept());
  ready.back_up();
  CHECK_ENDED(ready.call({"correct", "c", "--subject", "01462 474333", "--authority", "CR-NEW"}),
              0);
  CHECK_ENDED(ready.call({"destroy", "a", "--withdraw"}), 0);
  CHECK_ENDED(ready.call({"destroy", "a", "--ground", "order", "--authority", "E-NEW", "--yes",
                          "--tonight"}),
              0);
  ready.restore();
  static_cast<void>(ready.accept());
  const std::string of_c = ready.call({"explain", "c"}).out;
  CHECK(contains(of_c, "put right, or confirmed (authority CR-NEW)"));
  CHECK_FALSE(contains(of_c, "(authority CR-1)"));
  const std::string of_a = ready.call({"explain", "a"}).out;
  CHECK(contains(of_a, "(ground order, authority E-NEW)"));
  CHECK_FALSE(contains(of_a, "(ground erasure, authority E-OLD)"));
}

TEST_CASE("The log's last word counts, also where a person stood by what the index has") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  const std::string other_day = Office::days_ago(390).substr(0, 10);
  CHECK_ENDED(ready.correct("a", "--recorded-at", other_day), 0);
  ready.restore();
  CHECK(contains(ready.accept().err, "the log says " + other_day));
  ready.back_up();
  CHECK_ENDED(ready.call({"correct", "a", "--as-indexed", "--authority", "CR-3"}), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
  ready.restore();
  const std::string day = Office::days_ago(3).substr(0, 10);
  CHECK(contains(ready.accept().err, "as the log says " + day + " (put right, authority CR-3)"));
  CHECK_FALSE(contains(ready.call({"explain", "a"}).out, "the log says " + other_day));
  CHECK_ENDED(ready.call({"correct", "a", "--as-imported", "--authority", "CR-4"}), 0);
  CHECK(contains(ready.call({"explain", "a"}).out, day));
  CHECK_ENDED(ready.call({"run"}), 0);
  CHECK(ready.office.exists("a.wav"));
}

TEST_CASE("That files were found right as they are an older index may have lost") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  ready.office.write("a.wav", std::string(9000, 'y'));
  CHECK_ENDED(ready.call({"correct", "a", "--as-found", "--authority", "CR-1"}), 0);
  ready.restore();
  CHECK(contains(ready.accept().err, "a: the log says that its file was put right, or confirmed"));
  CHECK_ENDED(ready.call({"run"}), 1);
  SECTION("and a person says so again") {
    CHECK_ENDED(ready.call({"correct", "a", "--as-found", "--authority", "CR-2"}), 0);
  }
  SECTION("and a person says that the index is right, also without the file") {
    std::filesystem::remove(ready.office.root + "/a.wav");
    CHECK_ENDED(ready.call({"correct", "a", "--as-found", "--authority", "CR-2"}), 2);
    CHECK_ENDED(ready.call({"correct", "a", "--as-indexed", "--authority", "CR-2"}), 0);
  }
  CHECK_ENDED(ready.call({"run"}), 0);
}

TEST_CASE("Sizes that a person stood by, and an older index has lost, stop no run") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  const std::string head = "id,department,recorded_at,path,bytes\n";
  const std::string sized = "a,Customer Services," + Office::days_ago(3) + ",a.wav,";
  CHECK_ENDED(ready.call({"import", "-"}, head + sized + "8000\n"), 0);
  ready.back_up();
  CHECK_ENDED(ready.call({"import", "-"}, head + sized + "9000\n"), 1);
  CHECK_ENDED(ready.call({"correct", "a", "--as-indexed", "--authority", "CR-1"}), 0);
  ready.restore();
  CHECK(contains(ready.accept().err, "a: the log says that its file was put right, or confirmed"));
  CHECK_ENDED(ready.call({"run"}), 1);
  CHECK_ENDED(ready.call({"correct", "a", "--as-found", "--authority", "CR-2"}), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
}

TEST_CASE("What an interrupted run left can be put right where a brake waits for that") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  const std::string other = "Revenues and Benefits";
  ready.back_up();
  CHECK_ENDED(ready.correct("a", "--department", other), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  for (const char* id : {"a", "b"}) {
    test::sql_run(
        ready.index(),
        std::string("INSERT OR IGNORE INTO journal_batch VALUES (1, 'r', zeroblob(32), 0, "
                    "zeroblob(32));"
                    "INSERT INTO journal_file SELECT 1, key, key, id || '.wav', '', 1, 1, 1, 8000, "
                    "8000, NULL, zeroblob(32), 'overwrite' FROM recording WHERE id = '") +
            id + "'");
  }
  const Ended begun = ready.correct("b", "--department", other);
  CHECK_ENDED(begun, 2);
  CHECK(contains(begun.err, "a run has begun on it"));
  CHECK_ENDED(ready.correct("a", "--department", other), 0);
}

TEST_CASE("An acknowledgement that was withdrawn is so again when an older index has it") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.import("a,Revenues and Benefits," + Office::days_ago(3) + ",a.wav,,\n", 1);
  const Words known{"acknowledge", "a",        "--until", Office::days_ago(-20).substr(0, 10),
                    "--reason",    "asked for"};
  CHECK_ENDED(ready.call(known), 0);
  ready.back_up();
  CHECK_ENDED(ready.call({"acknowledge", "--withdraw", "a"}), 0);
  ready.restore();
  const Ended ran = ready.call({"run"});
  CHECK_ENDED(ran, 1);
  CHECK(contains(ran.err,
                 "a: the log says that the acknowledgement of it was withdrawn, and the index did "
                 "not know: withdrawn again"));
  // One that is given after that stands.
  CHECK_ENDED(ready.call(known), 0);
  CHECK_ENDED(ready.call({"acknowledge", "--withdraw", "a"}), 0);
  CHECK_ENDED(ready.call(known), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
}

TEST_CASE("Nothing is decided about what the log says is destroyed when an older index keeps it") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  ready.destroy_now("a");
  ready.restore();
  const std::string gone = "the log says that it was destroyed or removed (entry ";
  for (const Words& words :
       {Words{"destroy", "a", "--ground", "order", "--authority", "E-2", "--yes"},
        Words{"correct", "a", "--authority", "CR-1", "--department", "Revenues and Benefits"},
        Words{"correct", "a", "--authority", "CR-1", "--as-found"}}) {
    const Ended refused = ready.call(words);
    CHECK_ENDED(refused, 2);
    CHECK(contains(refused.err, gone));
    CHECK(contains(refused.err, "put the newest index back"));
  }
  // Another can still be put right.
  CHECK_ENDED(ready.correct("b", "--department", "Revenues and Benefits"), 0);
  const Ended held = ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                                 "--recording", "a", "--recording", "b"});
  CHECK_ENDED(held, 1);
  const std::string figure =
      "of the recordings that hold H-1 covers by the index, the log says are destroyed or removed: "
      "1";
  CHECK(contains(held.err, figure));
  CHECK(contains(ready.call({"hold", "show", "H-1"}).err, figure));
  const Ended ran = ready.accept();
  CHECK(contains(ran.err, "a: the log says that it was destroyed, and the index did not know"));
  CHECK_FALSE(contains(ran.err, "ordered to be destroyed"));
  CHECK_FALSE(contains(ready.call({"hold", "show", "H-1"}).err, "the log says"));
}

// Corrections that the log knows and an index, which is a restored backup, has lost; and what such
// an index takes for kept.

#include <filesystem>

#include "support/catch.h"
#include "support/office.h"
#include "support/scratch.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using Words = std::vector<std::string>;

namespace {

std::string row(const std::string& id, int days, const std::string& subject = "",
                const std::string& call = "") {
  return id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + subject + "," +
         call + "\n";
}

/// An office that has had its first run, with three recordings that are not due.
struct Ready {
  Ready() {
    for (const char* id : {"old", "a", "b", "c"}) {
      office.write(std::string(id) + ".wav", std::string(8000, 'x'));
    }
    import(row("old", 400) + row("a", 3) + row("b", 2) + row("c", 1, "01462 474000"));
    CHECK_ENDED(call({"approve", office.digest(), "--reason", "the first run"}), 0);
    CHECK_ENDED(call({"run"}), 0);
  }

  [[nodiscard]] Ended call(const Words& words, const std::string& input = "") const {
    return office.call(words, input);
  }
  [[nodiscard]] Ended correct(const std::string& id, const char* option,
                              const std::string& value) const {
    return call({"correct", id, "--authority", "CR-1", option, value});
  }
  void import(const std::string& rows, int status = 0) const {
    CHECK_ENDED(call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows),
                status);
  }
  /// Of one that is not due, so that there is something to be destroyed before its time.
  void destroy_now(const std::string& id) const {
    CHECK_ENDED(call({"destroy", id, "--ground", "erasure", "--authority", "E-1", "--yes"}), 0);
  }
  [[nodiscard]] std::string index() const { return office.scratch / "office/index.db"; }
  void back_up() const {
    std::filesystem::copy_file(index(), office.scratch / "backup.db",
                               std::filesystem::copy_options::overwrite_existing);
  }
  void restore() const {
    std::filesystem::copy_file(office.scratch / "backup.db", index(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  /// Of a run that goes past the brake.
  [[nodiscard]] Ended accept() const {
    CHECK_ENDED(call({"run"}), 3);
    Ended ran = call({"run", "--accept-index"});
    CHECK_ENDED(ran, 1);
    return ran;
  }

  Office office;
};

}  // namespace

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
  CHECK(contains(ran.err, "the log says " + true_day +
                              " (put right, authority CR-1), and the index "
                              "did not know: it is kept; put it right "
                              "again (expunge correct)"));
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

TEST_CASE("Whose call it is an older index may have lost is asked for again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474111"), 0);
  ready.restore();
  CHECK(contains(ready.accept().err,
                 "c: the log says that its subject was put right, or confirmed (authority CR-1), "
                 "and the index may not know: it is kept; put it right again"));
  // No order decides what a hold may depend on.
  CHECK_ENDED(ready.call({"destroy", "c", "--ground", "erasure", "--authority", "E-1", "--yes"}),
              2);
  CHECK_ENDED(ready.call({"run"}), 3);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474111"), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
}

TEST_CASE("What a hold means by a lost correction of another segment is not destroyed meanwhile") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  for (const char* id : {"x", "y"}) ready.office.write(std::string(id) + ".wav", "audio");
  ready.import(row("x", 400, "01462 474000", "C-1") + row("y", 400, "", "C-1"));
  CHECK_ENDED(ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                          "--subject", "01462 474111"}),
              1);
  ready.back_up();
  CHECK_ENDED(ready.correct("x", "--subject", "01462 474111"), 0);
  ready.restore();
  CHECK_ENDED(ready.call({"approve", ready.office.digest(), "--reason", "two are due"}), 1);
  const Ended ran = ready.accept();
  CHECK(contains(ran.err, "nothing was destroyed in this run: a hold may mean recordings by what"));
  CHECK(ready.office.exists("y.wav"));
  CHECK_ENDED(ready.call({"run"}), 3);
  CHECK(ready.office.exists("y.wav"));
  CHECK_ENDED(ready.correct("x", "--subject", "01462 474111"), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
  CHECK(ready.office.exists("y.wav"));
  CHECK(contains(ready.call({"explain", "y"}).out, "held by H-1"));
}

TEST_CASE("What an import said of a call stays said when the log alone knows a correction of it") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  for (const char* id : {"x", "y"}) ready.office.write(std::string(id) + ".wav", "audio");
  ready.import(row("x", 400, "", "C-1") + row("y", 400, "", "C-2"));
  CHECK_ENDED(ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                          "--recording", "x"}),
              0);
  ready.import(row("x", 400, "", "C-2"), 1);
  ready.back_up();
  CHECK_ENDED(ready.correct("x", "--call", "C-2"), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  const std::string why = "may be a segment of a held call: an import said that recording x";
  CHECK(contains(ready.call({"explain", "y"}).out, why));
  // Past the brake once more, and without a word on what is right.
  CHECK_ENDED(ready.call({"run", "--accept-index"}), 1);
  CHECK(ready.office.exists("y.wav"));
  CHECK(contains(ready.call({"explain", "x"}).out, "the import of "));
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
  CHECK(contains(ready.accept().err, "d: the log says " + true_day +
                                         " (put right, authority CR-1), and the index did not "
                                         "know: the index has no such recording; import it again"));
  const Ended braked = ready.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "(expunge correct ID --as-indexed): d, e"));
  // The usual night, before anybody has read that.
  const Ended imported =
      ready.call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows);
  CHECK_ENDED(imported, 1);
  CHECK(contains(imported.err, "new contradictions between this import and the index: 2"));
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
  CHECK_ENDED(ready.call({"correct", "d", "--as-indexed", "--authority", "CR-2"}), 0);
  CHECK_ENDED(ready.call({"correct", "d", "--as-indexed", "--authority", "CR-2"}), 2);
  CHECK_ENDED(ready.call({"run"}), 0);
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
  CHECK_ENDED(ready.call({"correct", "a", "--as-found", "--authority", "CR-2"}), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
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
      "of the recordings that hold H-1 covers by it, the log says that some are destroyed or "
      "removed: 1";
  CHECK(contains(held.err, figure));
  CHECK(contains(ready.call({"hold", "show", "H-1"}).err, figure));
  const Ended ran = ready.accept();
  CHECK(contains(ran.err, "a: the log says that it was destroyed, and the index did not know"));
  CHECK_FALSE(contains(ran.err, "ordered to be destroyed"));
  CHECK_FALSE(contains(ready.call({"hold", "show", "H-1"}).err, "the log says"));
}

// That it was put right whose call a recording is, which a restored index has lost, and which no
// entry of the log tells.

#include "support/ready_office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::row;
using Ready = test::ReadyOffice;

TEST_CASE("Whose call it is an older index may have lost is asked for again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474111"), 0);
  ready.restore();
  CHECK(contains(ready.accept().err,
                 "c: the log says that its subject was put right, or confirmed (authority CR-1), "
                 "and the index may not know: say whose call it is (expunge correct --subject)"));
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
  CHECK(contains(ran.err, "this run began to destroy nothing: the index had lost corrections"));
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

TEST_CASE("A hold that a lost correction of whose call it is may mean stands against the index") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.import(row("s1", 5, "01462 474111", "C-7") + row("s3", 5, "", "C-8"));
  const auto hold = [&] {
    return ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                       "--subject", "01462 474111"});
  };
  ready.back_up();
  CHECK_ENDED(ready.correct("s3", "--call", "C-7"), 0);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474111"), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  CHECK_ENDED(hold(), 0);
  const Ended shown = ready.call({"hold", "show", "H-1", "--unmatched"});
  for (const char* id : {"s3", "c"}) {
    CHECK(contains(shown.out, std::string("\n") + id + " "));
    CHECK(contains(ready.call({"explain", id}).out,
                   "perhaps     H-1 means it: whose call it is was put right"));
    CHECK_ENDED(ready.call({"correct", id, "--as-indexed", "--authority", "CR-2"}), 2);
  }
  CHECK(contains(ready.call({"correct", "c", "--as-indexed", "--authority", "CR-2"}).err,
                 "the hold H-1 may mean it, since whose call it is was put right"));
  // A hold on the recording itself keeps none of the other segments of its call.
  CHECK_ENDED(ready.call({"hold", "place", "H-2", "--kind", "sar", "--reason", "a request",
                          "--recording", "s3"}),
              0);
  CHECK(contains(ready.call({"correct", "s3", "--as-indexed", "--authority", "CR-2"}).err,
                 "the log says that of which call it is was put right, and a hold (H-1) may"));
  CHECK_ENDED(ready.correct("s3", "--call", "C-7"), 0);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474000"), 0);
  CHECK_ENDED(ready.call({"run"}), 0);
}

TEST_CASE(
    "That an import had spoken too makes a lost correction of whose call it is no known one") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.import(row("c", 1, "01462 474222"), 1);
  ready.back_up();
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474333"), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  CHECK_ENDED(ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                          "--subject", "01462 474333"}),
              1);
  CHECK(contains(ready.call({"explain", "c"}).out, "perhaps     H-1 means it"));
  CHECK_ENDED(ready.call({"correct", "c", "--as-indexed", "--authority", "CR-2"}), 2);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474333"), 0);
  CHECK(contains(ready.call({"hold", "show", "H-1", "--recordings"}).out, "\nc "));
}

TEST_CASE("What an import says of whose call it is after a correction was lost is not lost too") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.correct("c", "--agent", "alice"), 0);
  CHECK_ENDED(ready.correct("c", "--subject", "01462 474222"), 0);
  ready.restore();
  static_cast<void>(ready.accept());
  CHECK_ENDED(ready.call({"hold", "place", "H-1", "--kind", "sar", "--reason", "a request",
                          "--subject", "01462 474333"}),
              1);
  ready.import(row("c", 1, "01462 474333"), 1);
  const Ended refused = ready.call({"correct", "c", "--as-indexed", "--authority", "CR-2"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "the hold H-1 means it by what an import said"));
}

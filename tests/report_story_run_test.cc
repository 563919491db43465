// What the letter promises of coming runs: approvals, brakes, and what was begun on.

#include "report/recording_story.h"

#include "support/catch.h"
#include "support/kept_story.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::kept_story;
using test::contains;

TEST_CASE("The letter promises no day for what runs tried and did not destroy") {
  Story story;
  story.decision.verdict = plan::Verdict::due;
  const audit::Tried tried{"size-differs", *base::parse_instant("2026-11-22T02:00:00Z"),
                           *base::parse_instant("2026-11-23T02:00:00Z")};
  story.decision.tried = &tried;
  story.is.failed = true;
  const std::string failed =
      "last attempt, on 23 November 2026, failed, and what stopped it is being looked at. Once "
      "that is settled, it is to be destroyed by the nightly run.";
  CHECK(contains(story.text(), "It has not been destroyed yet: the " + failed));
  CHECK_FALSE(contains(story.text(), "24 November"));
  CHECK_FALSE(contains(story.text(), "An attempt to destroy it failed"));
  CHECK_FALSE(contains(story.text(), "size"));
  SECTION("nor of what waits for an approval as well") {
    story.is.asks_approval = story.is.is_approved = true;
    CHECK(contains(story.text(),
                   "Once that is settled, it is to be destroyed by a nightly run, by a plan that a "
                   "person has approved."));
  }
  SECTION("nor of what was ordered to be destroyed") {
    story.recording.order = archive::Order{};
    story.recording.order->ground = "erasure";
    story.decision.by_order = true;
    CHECK(contains(story.text(), "Its destruction was ordered, on the ground: "));
    CHECK(contains(story.text(), ". It is still there: the " + failed));
    story.is.was_gone = "destroyed on 1 November 2026";
    CHECK(contains(story.text(), ". The " + failed));
    CHECK_FALSE(contains(story.text(), "24 November"));
  }
  SECTION("nor on the last day of an order to keep it") {
    const archive::Hold last_day = hold("2026-11-02T10:00:00Z", "2026-11-24");
    story.is.ending = {&last_day};
    CHECK(contains(
        story.text(),
        "it is kept through 23 November 2026. An attempt to destroy it before failed; once "
        "what stopped that is settled, it is to be destroyed by the nightly run after "
        "that, unless"));
  }
  SECTION("nor of what lacks a file") {
    story.recording.missing_seq = 7;
    CHECK(contains(story.text(), "It could not be destroyed, because a file of it was not in its"));
    CHECK_FALSE(contains(story.text(), "24 November"));
  }
}

TEST_CASE("Where every plan is approved the letter promises no run without an approval") {
  Story story;
  const std::string once = "once a person has approved the plan that has it";
  const std::string waits = "a nightly run, the next on 24 November 2026 at the earliest, " + once;
  story.decision.verdict = plan::Verdict::due;
  CHECK_FALSE(contains(story.text(), once));
  story.is.asks_approval = true;
  CHECK(contains(story.text(), "It has not been destroyed yet, and is to be by " + waits + "."));
  CHECK_FALSE(contains(story.text(), "where something stops that run"));
  SECTION("but of an order only where that needs one too") {
    story.recording.order = archive::Order{};
    story.recording.order->ground = "erasure";
    story.decision.by_order = true;
    CHECK(contains(story.text(), "that is left to the next nightly run, on 24 November 2026 or, "));
    story.is.asks_approval_of_orders = true;
    // The yes of whoever ordered it does not count.
    CHECK(contains(story.text(),
                   "that is left to a nightly run, the next on 24 November 2026 at the earliest, "
                   "once a person other than the one who ordered it has approved the plan that "
                   "has it."));
    story.is.is_approved = true;
    CHECK(contains(story.text(),
                   "that is left to the next nightly run, on 24 November 2026 or, where something "
                   "stops that run, to a later one, as a person has approved."));
  }
  SECTION("and asks for none that was given") {
    story.is.is_approved = true;
    CHECK(
        contains(story.text(),
                 "is to be by the next nightly run, on 24 November 2026 or, where something stops "
                 "that run, by a later one, as a person has approved."));
    CHECK_FALSE(contains(story.text(), once));
  }
  // An approval of today may not be good then, and one of then is none yet.
  const std::string by_one = "by a plan that a person has approved";
  SECTION("nor before its day") {
    story.decision.verdict = plan::Verdict::kept;
    CHECK(contains(story.text(), "it is to be destroyed by a nightly run, " + by_one +
                                     ", unless an order to keep it is in force."));
  }
  SECTION("nor after an order to keep it has ended") {
    const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-12-07");
    story.decision.verdict = plan::Verdict::held;
    story.decision.holds = {&ending};
    CHECK(contains(story.text(),
                   "it is kept through 6 December 2026, and is to be destroyed by a "
                   "nightly run after that, " +
                       by_one + ", unless another order to keep it is in force then."));
  }
}

TEST_CASE("The letter does not call interrupted what a run that is on has begun") {
  Story story;
  story.decision.verdict = plan::Verdict::due;
  story.is.in_journal = true;
  CHECK(contains(story.text(), "Its destruction was begun and interrupted"));
  story.is.run_is_on = true;
  CHECK(contains(story.text(), " A run that is on has begun to destroy it. Days are counted"));
  story.recording.state = archive::State::partial;
  story.is.left = certify::Left::nothing;
  CHECK(contains(story.text(), " A run that is on has begun to destroy it. Days are counted"));
  story.recording.order = archive::Order{};
  story.recording.order->ground = "order";
  story.decision.by_order = true;
  CHECK(contains(story.text(), "(in the log: order). A run that is on has begun to destroy it."));
  story.recording.missing_seq = 7;
  CHECK(contains(story.text(), " A run that is on has begun to destroy it."));
  CHECK_FALSE(contains(story.text(), "interrupted"));
  const archive::Hold open = hold("2026-11-01T10:00:00Z");
  story.decision.verdict = plan::Verdict::held;
  story.decision.holds = {&open};
  CHECK(contains(story.text(), " A run that is on has begun to destroy it."));
  CHECK_FALSE(contains(story.text(), "interrupted"));
}

TEST_CASE("While a brake is on the letter of a hold's last day names no run's day") {
  Story story;
  const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-11-24");
  story.decision.verdict = plan::Verdict::due;
  story.is.ending = {&ending};
  story.is.next_run = report::NextRun::stops;
  CHECK(contains(story.text(),
                 "it is kept through 23 November 2026, and is to be destroyed by the nightly run, "
                 "when a person has settled what stops every run, unless another order to keep it "
                 "is in force then."));
  CHECK_FALSE(contains(story.text(), "24 November 2026 or"));
}

TEST_CASE("While a brake is on the letter still asks for the approval that every plan needs") {
  Story story;
  story.decision.verdict = plan::Verdict::due;
  story.is.next_run = report::NextRun::stops;
  story.is.asks_approval = true;
  CHECK(contains(story.text(),
                 "Once that is settled, it is to be destroyed by a nightly run, once a person has "
                 "approved the plan that has it."));
  story.is.is_approved = true;
  CHECK(contains(story.text(),
                 "Once that is settled, it is to be destroyed by a nightly run, by a plan that a "
                 "person has approved."));
  // A copy that came back is not said to have stayed.
  story.recording.order = archive::Order{};
  story.recording.order->ground = "returned";
  story.decision.by_order = true;
  story.is.was_gone = "destroyed on 20 November 2026";
  CHECK(contains(story.text(), "a copy has since come back. Its destruction was ordered, "));
  CHECK(contains(story.text(), ". Before that is done a person has to look at something"));
}

TEST_CASE("The letter of what was begun on says when it is finished only where the next run may") {
  Story story;
  story.decision.verdict = plan::Verdict::due;
  story.is.in_journal = true;
  const std::string begun = "Its destruction was begun and interrupted";
  CHECK(contains(story.text(), begun + ": the next nightly run, on 24 November 2026 or, where"));
  SECTION("not while a brake is on") {
    story.is.next_run = report::NextRun::stops;
    CHECK(contains(story.text(),
                   begun + ". Before it is finished a person has to look at something that stops "
                           "every run. Once that is settled, it is to be destroyed by the nightly "
                           "run."));
    CHECK_FALSE(contains(story.text(), "24 November 2026"));
    story.recording.missing_seq = 7;
    CHECK(contains(story.text(),
                   "a nightly run finds out, once a person has settled what stops every run."));
  }
  SECTION("not where an approval does not have it") {
    story.is.next_run = report::NextRun::leaves_it;
    CHECK(contains(story.text(),
                   begun + ": it is to be finished by a nightly run, and not the next one, which "
                           "goes by a plan that does not have it."));
  }
  SECTION("not before a person has approved it, where each plan is approved") {
    story.is.asks_approval = true;
    CHECK(contains(story.text(),
                   begun + ": it is to be finished by a nightly run, the next on 24 November 2026 "
                           "at the earliest, once a person has approved the plan that has it."));
    story.is.is_approved = true;
    CHECK(contains(story.text(), ", finishes it."));
    // What is not due is looked at whoever has approved what.
    story.is.is_approved = false;
    story.recording.missing_seq = 7;
    CHECK(contains(story.text(),
                   "a nightly run finds out, once a person has approved the plan that has it."));
    const archive::Hold open = hold("2026-11-01T10:00:00Z");
    story.decision.verdict = plan::Verdict::held;
    story.decision.holds = {&open};
    CHECK(contains(story.text(), "how much of it is left, the next nightly run finds out."));
  }
  SECTION("not where a run could not go on with it since") {
    const audit::Tried tried{"open-elsewhere", *base::parse_instant("2026-11-21T02:00:00Z"),
                             *base::parse_instant("2026-11-22T02:00:00Z")};
    story.decision.tried = &tried;
    story.is.failed = true;
    CHECK(contains(story.text(), ", finishes it."));  // that was before it was begun on
    story.is.refused_since = true;
    CHECK(
        contains(story.text(),
                 "Its destruction was begun and is not finished: the last attempt, on 22 November "
                 "2026, failed, and what stopped it is being looked at. Once that is settled, it "
                 "is to be destroyed by the nightly run. Days"));
    CHECK_FALSE(contains(story.text(), "24 November 2026"));
  }
}

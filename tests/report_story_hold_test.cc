// What the letter says of orders to keep, and of those to destroy.

#include "support/catch.h"
#include "support/kept_story.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::kept_story;
using test::contains;

TEST_CASE("The letter does not call what was ordered to be destroyed held") {
  Story story;
  story.decision.verdict = plan::Verdict::due;
  story.decision.cause = plan::Cause::ordered;
  story.decision.by_order = true;
  story.recording.order = archive::Order{};
  story.recording.order->ground = "erasure";
  CHECK(contains(story.text(), "It is still there; its destruction was ordered"));
  CHECK_FALSE(contains(story.text(), "held"));
  CHECK_FALSE(contains(story.text(), "failed"));
  story.is.failed = true;
  CHECK(contains(story.text(), "An attempt to destroy it failed; that is being looked at."));
}

TEST_CASE("The letter says through which day a hold keeps that was ended") {
  Story story;
  story.decision.verdict = plan::Verdict::held;
  story.decision.cause = plan::Cause::under_hold;
  const archive::Hold open = hold("2026-11-01T10:00:00Z");
  const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-12-07");
  story.decision.holds = {&open};
  CHECK(contains(story.text(),
                 "one order to keep it is in force since 1 November 2026. It is kept until a "
                 "person has ended that order."));
  CHECK_FALSE(contains(story.text(), "earliest"));
  story.decision.holds = {&ending, &open};
  CHECK(contains(story.text(),
                 "2 orders to keep it are in force, the earliest since 1 November 2026. It is kept "
                 "until a person has ended every such order."));
  story.decision.holds = {&ending};
  CHECK(contains(story.text(),
                 "That order has been withdrawn with effect from 7 December 2026: it is kept "
                 "through 6 December 2026, and is to be destroyed by the nightly run after that"));
  SECTION("of several that they have been withdrawn, and nothing that reads as if they were over") {
    const archive::Hold too = hold("2026-11-03T10:00:00Z", "2026-12-07");
    story.decision.holds = {&ending, &too};
    CHECK(
        contains(story.text(),
                 "2 orders to keep it are in force, the earliest since 2 November 2026. Both have "
                 "been withdrawn with effect from 7 December 2026: it is kept through 6 December "
                 "2026, and "));
    const archive::Hold sooner = hold("2026-11-04T10:00:00Z", "2026-12-01");
    story.decision.holds = {&ending, &too, &sooner};
    CHECK(contains(story.text(),
                   "All of them have been withdrawn, the last of them with effect from 7 December "
                   "2026: it is kept through 6 December 2026, and "));
    CHECK_FALSE(contains(story.text(), "been ended"));
  }
}

TEST_CASE("The letter gives no order as the reason for the time before the order") {
  Story story;
  story.day = *base::parse_date("2026-12-08");
  story.decision.verdict = plan::Verdict::held;
  story.decision.cause = plan::Cause::under_hold;
  const archive::Hold late = hold("2026-12-01T10:00:00Z");
  const archive::Hold later = hold("2026-12-02T10:00:00Z");
  const archive::Hold ending = hold("2026-12-01T10:00:00Z", "2026-12-12");
  story.decision.holds = {&late};
  CHECK(contains(story.text(),
                 "that ended with 20 November 2026. It had not been destroyed when, on 1 December "
                 "2026, an order to keep it came into force; since then it is kept by that order. "
                 "It is kept until a person has ended that order."));
  CHECK_FALSE(contains(story.text(), "It is kept longer"));
  story.decision.holds = {&later, &late};
  CHECK(contains(story.text(),
                 "when, on 1 December 2026, the earliest of 2 orders to keep it came into force; "
                 "since then it is kept by order. It is kept until a person has ended every such "
                 "order."));
  story.decision.holds = {&ending};
  CHECK(contains(story.text(),
                 "it is kept by that order. That order has been withdrawn with effect from 12 "
                 "December 2026: it is kept through 11 December 2026, and "));
  // Whether the run of that day came before, nobody can say; and this is so in either case.
  const archive::Hold on_its_day = hold("2026-11-21T10:00:00Z");
  story.decision.holds = {&on_its_day, &late};
  CHECK(contains(story.text(),
                 "It had not been destroyed when, on 21 November 2026, the earliest of 2 orders"));
  const archive::Hold day_before = hold("2026-11-20T10:00:00Z");
  story.decision.holds = {&day_before, &late};
  CHECK(contains(story.text(), "It is kept longer, by order: 2 orders to keep it are in force"));
}

TEST_CASE("The letter says that it is being looked at whether another's order to keep is for it") {
  Story story;
  const std::string looked_at =
      "hether an order to keep recordings is for this one too is being looked at: it is "
      "kept until that is known.";
  const archive::Hold other = hold("2026-11-02T10:00:00Z");
  story.is.perhaps = {&other};
  SECTION("before its day") {
    story.decision.verdict = plan::Verdict::kept;
    story.decision.cause = plan::Cause::not_yet;
    story.decision.due_day = *base::parse_date("2026-12-11");
    CHECK(contains(story.text(),
                   "From 11 December 2026 on it is to be destroyed by the nightly run, unless an "
                   "order to keep it is in force. W" +
                       looked_at));
    const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-12-01");
    const archive::Hold longer = hold("2026-11-02T10:00:00Z", "2026-12-15");
    for (const archive::Hold* const each : {&ending, &longer}) {
      story.is.covering = {each};
      CHECK(contains(story.text(), "W" + looked_at));
    }
    const archive::Hold withdrawn = hold("2026-11-02T10:00:00Z", "2026-12-04");
    story.is.perhaps = {&withdrawn};
    CHECK(contains(story.text(),
                   "it is kept until that is known, or that order has ended. That order has been "
                   "withdrawn with effect from 4 December 2026; from then on it is not kept for "
                   "that any more."));
    story.is.perhaps.clear();
    CHECK_FALSE(contains(story.text(), looked_at));
  }
  SECTION("from its day on") {
    story.decision.verdict = plan::Verdict::attention;
    story.decision.cause = plan::Cause::perhaps_held;
    CHECK(contains(story.text(),
                   "that ended with 20 November 2026. It is still kept. W" + looked_at));
    CHECK_FALSE(contains(story.text(), "something about it"));
    story.recording.order = archive::Order{};
    story.recording.order->ground = "erasure";
    story.decision.by_order = true;
    CHECK(contains(story.text(), "Its destruction was ordered, on the ground: "));
    CHECK(contains(story.text(), ". But it is still kept. W" + looked_at));
  }
  SECTION("while one that has been withdrawn keeps it") {
    const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-12-01");
    story.decision.verdict = plan::Verdict::held;
    story.decision.holds = {&ending};
    CHECK(contains(story.text(), "is in force then. W" + looked_at));
  }
}

TEST_CASE("On the last day of a hold the letter says what keeps it and that the next run ends it") {
  Story story;  // decided for the run of the day after
  story.decision.verdict = plan::Verdict::due;
  story.is.today = *base::parse_date("2026-11-23");
  const archive::Hold last_day = hold("2026-11-02T10:00:00Z", "2026-11-24");
  story.is.ending = {&last_day};
  const std::string kept =
      "one order to keep it is in force since 2 November 2026. That order has been withdrawn with "
      "effect from 24 November 2026: it is kept through 23 November 2026, and is to be destroyed "
      "by the next nightly run, on 24 "
      "November 2026 or, where something stops that run, by a later one";
  const std::string unless = ", unless another order to keep it is in force then.";
  SECTION("of what is due by the schedule") {
    CHECK(contains(story.text(), "It is kept longer, by order: " + kept + unless));
    CHECK_FALSE(contains(story.text(), "It has not been destroyed yet"));
    story.is.failed = true;
    CHECK_FALSE(contains(story.text(), "An attempt to destroy it failed"));
  }
  SECTION("of what waits for an approval, or has it") {
    story.is.asks_approval = true;
    CHECK(contains(story.text(),
                   "is to be destroyed by a nightly run, the next on 24 November 2026 at the "
                   "earliest, once a person has approved the plan that has it" +
                       unless));
    story.is.is_approved = true;
    CHECK(contains(story.text(), kept + ", as a person has approved" + unless));
  }
  SECTION("of what was ordered to be destroyed") {
    story.recording.order = archive::Order{};
    story.recording.order->ground = "erasure";
    story.decision.by_order = true;
    CHECK(contains(story.text(), "But that is stopped: " + kept + unless));
  }
  SECTION("of what another order keeps then") {
    const archive::Hold open = hold("2026-11-01T10:00:00Z");
    story.decision.verdict = plan::Verdict::held;
    story.decision.holds = {&open};
    CHECK(
        contains(story.text(), "2 orders to keep it are in force, the earliest since 1 November"));
    CHECK_FALSE(contains(story.text(), "next nightly run"));
  }
  SECTION("of what is not due yet") {
    story.decision.verdict = plan::Verdict::kept;
    story.decision.due_day = *base::parse_date("2026-12-01");
    CHECK(contains(story.text(),
                   "That order has been withdrawn with effect from 24 November 2026. From 1"));
  }
  SECTION("of what lacks a file, and nobody knows whether it is there") {
    story.recording.missing_seq = 7;
    CHECK(contains(story.text(),
                   "what became of it is not known. That is being looked at. Through 23 November "
                   "2026, an order to keep it is in force."));
  }
}

TEST_CASE("The letter of one that is held says of no file that it is kept when none was in place") {
  Story story;
  const archive::Hold order = hold("2026-11-02T10:00:00Z");
  const archive::Hold ending = hold("2026-11-02T10:00:00Z", "2026-12-07");
  story.decision.verdict = plan::Verdict::held;
  story.decision.holds = {&order};
  story.recording.missing_seq = 7;
  story.is.missing_on = base::parse_date("2026-11-22");
  const auto never = [&] {
    for (const char* const words : {"It is kept", "it is kept", "An attempt", "a file of it was"}) {
      CHECK_FALSE(contains(story.text(), words));
    }
  };
  SECTION("the only one") {
    CHECK(contains(story.text(),
                   "An order to keep it is in force since 2 November 2026. But a run found no file "
                   "of it in its place on 22 November 2026; what became of it is not known."));
    never();
  }
  SECTION("or any of several, under several orders") {
    story.recording.files.push_back({"transcript", "in.txt", {}, {}});
    story.decision.holds = {&order, &ending};
    CHECK(contains(story.text(),
                   "Orders to keep it are in force: 2, the earliest since 2 November 2026. But a "
                   "run found no file of it in its place on 22 November 2026; what became of them "
                   "is not known."));
    never();
  }
  SECTION("also of what was ordered, and under an order to keep it that ends") {
    story.recording.order = archive::Order{};
    story.recording.order->ground = "erasure";
    story.decision.by_order = true;
    story.decision.holds = {&ending};
    CHECK(contains(story.text(),
                   "(in the log: erasure). An order to keep it is in force since 2 November "
                   "2026. That order has been withdrawn with effect from 7 December 2026. But a "));
    never();
  }
  SECTION("but that one was not, where a run had begun on it") {
    story.recording.state = archive::State::partial;
    CHECK(contains(story.text(), "It is kept until a person has ended that order."));
    CHECK(contains(story.text(), "failed, because a file of it was not in its place"));
  }
}

TEST_CASE("The letter of one that needs attention tells of the orders to keep it too") {
  Story story;
  const archive::Hold order = hold("2026-11-02T10:00:00Z");
  const archive::Hold ending = hold("2026-11-03T10:00:00Z", "2026-12-07");
  story.decision.verdict = plan::Verdict::attention;
  story.decision.cause = plan::Cause::contradicted;
  CHECK_FALSE(contains(story.text(), "order to keep it"));
  story.is.covering = {&order};
  CHECK(contains(story.text(),
                 "before anything is done. Besides, one order to keep it is in force since 2 "
                 "November 2026. Days"));
  story.is.covering = {&ending};
  CHECK(contains(story.text(),
                 "Besides, one order to keep it is in force since 3 November 2026. That order has "
                 "been withdrawn with effect from 7 December 2026. Days"));
  story.is.covering = {&order, &ending};
  story.is.was_gone = "destroyed on 20 November 2026";
  CHECK(contains(story.text(),
                 "is being looked into. Besides, 2 orders to keep it are in force, the earliest "
                 "since 2 November 2026. Days"));
}

TEST_CASE("The letter says first until when orders kept what is past its day, whatever stops it") {
  Story story;
  story.day = *base::parse_date("2026-12-14");
  story.decision.verdict = plan::Verdict::due;
  story.decision.cause = plan::Cause::period_over;
  const archive::Hold early = hold("2026-11-02T10:00:00Z", "2026-12-10");
  const archive::Hold late = hold("2026-12-02T10:00:00Z", "2026-12-10");
  const audit::Tried tried{"open-elsewhere", *base::parse_instant("2026-12-11T02:00:00Z"),
                           *base::parse_instant("2026-12-12T02:00:00Z")};
  const std::string why_not = GENERATE(as<std::string>(), "nothing", "a brake", "an attempt",
                                       "a run that is on", "an interrupted run");
  CAPTURE(why_not);
  std::string then = "It has not been destroyed yet, and is to be by the next nightly run";
  if (why_not == "a brake") {
    story.is.next_run = report::NextRun::stops;
    then = "It has not been destroyed yet: before that a person has to look at something";
  } else if (why_not == "an attempt") {
    story.decision.tried = &tried;
    then = "It has not been destroyed yet: the last attempt, on 12 December 2026, failed";
  } else if (why_not != "nothing") {
    story.is.in_journal = true;
    story.is.run_is_on = why_not == "a run that is on";
    then = story.is.run_is_on ? "A run that is on has begun to destroy it."
                              : "Its destruction was begun and interrupted: ";
  }
  const std::string period = "that ended with 20 November 2026. ";
  CHECK(contains(story.text(), period + then));
  story.is.ended = {&early};
  CHECK(contains(story.text(), period + "Through 9 December 2026 it was kept by order. " + then));
  story.is.ended = {&late};
  CHECK(contains(
      story.text(),
      period + "From 2 December 2026 through 9 December 2026 it was kept by order. " + then));
  story.is.others_ended = 1;
  CHECK_FALSE(contains(story.text(), "is not known"));
  story.is.ended.clear();
  CHECK(contains(story.text(),
                 period +
                     "Since it was due, an order to keep recordings was in force that has ended; "
                     "whether it was for this one is not known, since nothing is kept of what an "
                     "ended order was for. " +
                     then));
  story.is.others_ended = 2;
  CHECK(contains(story.text(),
                 period +
                     "Since it was due, orders to keep recordings were in force that have ended; "
                     "whether one of them was for this one is not known, since nothing is kept of "
                     "what an ended order was for. " +
                     then));
  // By an order it is due whatever kept it before.
  story.is.ended = {&early};
  story.decision.by_order = true;
  story.recording.order = archive::Order{};
  story.recording.order->ground = "erasure";
  CHECK(contains(story.text(), "was ordered"));
  CHECK_FALSE(contains(story.text(), "kept by order"));
}

TEST_CASE(
    "Of what lacks a file the letter says which orders to keep have ended, not what they kept") {
  Story story;
  story.day = *base::parse_date("2026-12-14");
  story.recording.missing_seq = 7;
  story.is.missing_on = base::parse_date("2026-12-11");
  const archive::Hold first = hold("2026-11-02T10:00:00Z", "2026-12-10");
  const archive::Hold second = hold("2026-12-02T10:00:00Z", "2026-12-09");
  const archive::Hold now = hold("2026-12-12T10:00:00Z");
  std::string before, then;
  SECTION("of what is due") {
    story.decision.verdict = plan::Verdict::due;
    before = "It is past that period. ";
    then = "It could not be destroyed on 11 December 2026, because a file of it was not in its ";
  }
  SECTION("of what is held") {
    story.decision.verdict = plan::Verdict::held;
    story.decision.holds = {&now};
    before = "that ended with 20 November 2026. ";
    then = "An order to keep it is in force since 12 December 2026. But a run found no file of it ";
  }
  CHECK(contains(story.text(), before + then));
  story.is.ended = {&first};
  CHECK(contains(story.text(),
                 before +
                     "Through 9 December 2026, an order to keep it was in force that has ended. " +
                     then));
  story.is.ended = {&first, &second};
  CHECK(contains(story.text(),
                 before +
                     "Through 9 December 2026, orders to keep it were in force that have ended. " +
                     then));
  CHECK_FALSE(contains(story.text(), "was kept"));
  story.is.ended.clear();
  story.is.others_ended = 1;
  CHECK(contains(story.text(),
                 before + "Since it was due, an order to keep recordings was in force that has "));
  CHECK(contains(story.text(), "of what an ended order was for. " + then));
}

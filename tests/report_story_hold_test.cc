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
  // Whether the run of that day could have had it, nobody can say.
  const archive::Hold on_its_day = hold("2026-11-21T10:00:00Z");
  story.decision.holds = {&on_its_day, &late};
  CHECK(contains(story.text(), "It is kept longer, by order: 2 orders to keep it are in force"));
}

TEST_CASE("The letter says that it is being looked at whether another's order to keep is for it") {
  Story story;
  const std::string looked_at =
      "hether an order to keep another recording is for this one too is being looked at: it is "
      "kept until that is known.";
  story.is.is_perhaps_held = true;
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
    story.is.is_perhaps_held = false;
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

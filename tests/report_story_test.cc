// What the letter says of a recording that the index has.
#include "report/recording_story.h"

#include <algorithm>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Council;

namespace {

constexpr const char* kNumber = "01632960777";

struct Story {
  Council council;
  archive::Recording recording;
  plan::Decision decision;
  base::CivilDate day = *base::parse_date("2026-11-24");
  report::Circumstances is;

  Story() {
    recording.id = "rec-1";
    recording.department = "Customer Services";
    recording.files = {{"audio", std::string("2026/11/in-") + kNumber + ".wav", {}, {}}};
    recording.contradiction = std::string("bytes of 2026/11/in-") + kNumber +
                              ".wav was 4500, the import of 2026-11-20 says 4600";
    recording.indexed_on = "2026-11-20";
    recording.odd = "a number 01632960777 in it";
    decision.department = council.schedule.find("Customer Services");
    decision.recorded_on = *base::parse_date("2025-11-20");
    decision.due_day = *base::parse_date("2026-11-21");
    decision.overdue_since = decision.due_day;
  }

  /// In one line.
  [[nodiscard]] std::string text() const {
    std::string text = report::page_text(
        report::story_of_kept(recording, decision, council.schedule, day, {}, is));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }
};

archive::Hold hold(const char* placed_at, const char* effective_on = nullptr) {
  archive::Hold made;
  made.placed_at = *base::parse_instant(placed_at);
  if (effective_on != nullptr) made.effective_on = *base::parse_date(effective_on);
  return made;
}

}  // namespace

TEST_CASE("Of no attention the letter says why, nor any file, number or department of an import") {
  Story story;
  story.decision.verdict = plan::Verdict::attention;
  for (int cause = static_cast<int>(plan::Cause::no_date);
       cause <= static_cast<int>(plan::Cause::undated_overdue); ++cause) {
    story.decision.cause = static_cast<plan::Cause>(cause);
    for (const bool is_known : {true, false}) {
      story.recording.department = is_known ? "Customer Services" : kNumber;
      story.decision.department =
          is_known ? story.council.schedule.find("Customer Services") : nullptr;
      std::string text = story.text();
      CAPTURE(text);
      CHECK(contains(text,
                     "It is still kept: something about it has to be looked at by a person before "
                     "anything is done."));
      CHECK(contains(text, "a department that the retention schedule does not name") != is_known);
      const std::string zone = "Europe/London";
      if (const auto at = text.find(zone); at != std::string::npos) text.erase(at, zone.size());
      for (const char* const never : {"/", kNumber, ".wav", "4500", "4600", "import", "index"}) {
        CAPTURE(never);
        CHECK_FALSE(contains(text, never));
      }
    }
  }
  story.decision.cause = plan::Cause::date_in_the_future;
  CHECK(contains(story.text(), "on a day that is not known"));
  CHECK_FALSE(contains(story.text(), "2025"));
}

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

TEST_CASE("On the last day of its period the letter says that it ends with that day") {
  Story story;
  story.decision.verdict = plan::Verdict::due;  // for the next day's run
  story.day = *base::parse_date("2026-11-21");
  CHECK(contains(story.text(), "For this one that ended with 20 November 2026."));
  story.is.today = *base::parse_date("2026-11-20");
  CHECK(contains(story.text(), "For this one that ends with 20 November 2026."));
  story.is.today = story.day;
  CHECK(contains(story.text(), "For this one that ended with 20 November 2026."));
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
    CHECK(contains(story.text(), "that is left to " + waits + "."));
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

namespace {

/// Ordered on 24 November 2026, and by the schedule due on 5 December 2026.
certify::RecordingFacts ordered_and_gone(const char* done_on) {
  certify::RecordingFacts facts;
  facts.done_on = *base::parse_date(done_on);
  facts.entry.time = *base::parse_instant(std::string(done_on) + "T02:00:00Z");
  facts.entry.says.recording = "rec-1";
  facts.entry.says.department = "Customer Services";
  facts.entry.says.recorded = *base::parse_date("2025-12-04");
  facts.entry.says.due = *base::parse_date("2026-11-24");
  facts.entry.says.period = "12 months";
  facts.entry.says.claim = "overwritten";
  facts.entry.says.ground = "erasure";
  facts.entry.says.authority = "ERA/1";
  return facts;
}

std::string letter_on(const certify::RecordingFacts& facts) {
  std::string text = report::page_text(report::story_of_gone(facts, {}));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

TEST_CASE("What was ordered ahead of its period went ahead of it only if it went before its day") {
  CHECK(contains(letter_on(ordered_and_gone("2026-12-04")),
                 "; it was ahead of the retention schedule, by which the recording was due on 5 "
                 "December 2026."));
  // A hold kept it for so long.
  for (const char* day : {"2026-12-05", "2026-12-28"}) {
    const std::string told = letter_on(ordered_and_gone(day));
    CHECK(contains(told, "; by the retention schedule it was due as well."));
    CHECK_FALSE(contains(told, "ahead of"));
  }
}

TEST_CASE(
    "Of one that was kept longer than its period the letter says so and what is known of it") {
  certify::RecordingFacts facts = ordered_and_gone("2027-03-03");
  facts.entry.says.ground = facts.entry.says.authority = "";
  facts.entry.says.due = *base::parse_date("2026-12-05");
  CHECK(contains(letter_on(facts),
                 "It was kept for 12 months, through 4 December 2026. On 3 March "
                 "2027 it was destroyed, as its period was over: "));
  facts.delay = certify::Delay{88, {}, {}};
  const std::string longer =
      "It was to be kept for 12 months, through 4 December 2026. It was kept longer, until 3 March "
      "2027.";
  const std::string gone =
      " On 3 March 2027 it was destroyed, as its period was over and no order to keep it was in "
      "force: ";
  // That there is no reason nobody can say.
  CHECK(contains(letter_on(facts), longer + gone));
  CHECK_FALSE(contains(letter_on(facts), "does not say"));
  const base::CivilDate on = *base::parse_date("2026-12-07");
  facts.delay->corrections = {{12, on, "department"},
                              {13, on, "department"},
                              {14, on, "recorded_at"},
                              {15, *base::parse_date("2026-12-09"), "file"}};
  facts.delay->approved = {20, *base::parse_date("2026-12-28")};
  CHECK(
      contains(letter_on(facts),
               longer +
                   " On 7 December 2026 its department was put right, or confirmed. On 7 December "
                   "2026 its date was put right, or confirmed. On 9 December 2026 the record of "
                   "its files was put right, or confirmed. A person had to approve the plan "
                   "first; that was on 28 December 2026." +
                   gone));
  facts.delay = certify::Delay{88, {}, {}};
  facts.delay->holds = {{7, 9}};
  CHECK(
      contains(letter_on(facts),
               longer +
                   " In that time an order to keep recordings for another purpose came to an end. "
                   "A recording that such an order is for is kept until then; whether this was "
                   "one, the log does not say, since nothing is kept of what an ended order was "
                   "for." +
                   gone));
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

TEST_CASE("The letter of one that is not due does not say that it is kept when a run missed it") {
  Story story;
  story.day = *base::parse_date("2026-11-20");
  story.decision.verdict = plan::Verdict::kept;
  story.decision.cause = plan::Cause::not_yet;
  story.recording.missing_seq = 7;
  story.is.missing_on = base::parse_date("2026-11-18");
  SECTION("the only file") {
    CHECK(contains(story.text(),
                   "But at a run on 18 November 2026 it was not found in its place; what became of "
                   "it is not known. The office that keeps the recordings is looking into that. If "
                   "it is found, it is kept at least until then. Days"));
  }
  SECTION("or all of several, under an order to keep it") {
    const archive::Hold order = hold("2026-11-02T10:00:00Z");
    story.recording.files.push_back({"transcript", "in.txt", {}, {}});
    story.is.covering = {&order};
    CHECK(contains(story.text(),
                   "An order to keep it is in force since 2 November 2026. But at a run on 18 "
                   "November 2026 none of its files was found in its place; what became of them is "
                   "not known."));
  }
  SECTION("but what is left of one that a run had begun on is") {
    story.recording.state = archive::State::partial;
    CHECK(contains(story.text(),
                   "a file of it was not found in its place; what became of it is not known. The "
                   "office that keeps the recordings is looking into that. What is left of it is "
                   "kept at least until then."));
  }
  for (const char* const never : {"It is kept until then", "An attempt", "is to be destroyed"}) {
    CHECK_FALSE(contains(story.text(), never));
  }
}

// What the letter says of a recording that the index has, or had.

#include "report/recording_story.h"

#include <algorithm>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kept_story.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::kept_story;
using test::contains;

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

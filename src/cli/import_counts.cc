#include "cli/import_counts.h"

#include <fmt/format.h>

#include <iostream>

#include "base/text.h"
#include "cli/command.h"
#include "plan/decision.h"

namespace expunge::cli {

std::string contradictions_text(const archive::ImportCounts& counts) {
  if (counts.contradictions == 0) return "";
  return "; new contradictions: " + base::grouped(counts.contradictions);
}

std::uint64_t attention_since(const Desk& desk, std::int64_t newest_key) {
  // What a nightly list brings is looked up one by one; a whole archive is read in its order.
  constexpr std::int64_t kFewRecordings = 10'000;
  const base::CivilDate day = desk.plan_day(std::nullopt);
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day);
  std::uint64_t attention = 0;
  const auto count = [&](const archive::Recording& recording) {
    const bool is_new = recording.key > newest_key;
    if (is_new && decider.decide(recording).verdict == plan::Verdict::attention) ++attention;
    return true;
  };
  const std::int64_t newest = desk.index().newest_key();
  if (newest - newest_key > kFewRecordings) {
    desk.index().scan(count);
    return attention;
  }
  for (std::int64_t key = newest_key + 1; key <= newest; ++key) {
    if (const auto recording = desk.index().find(key)) count(*recording);
  }
  return attention;
}

void print_attention_since(const Desk& desk, std::int64_t newest_key) {
  const std::uint64_t attention = attention_since(desk, newest_key);
  if (attention == 0) return;
  std::cout << fmt::format(
      "Of the recordings added, need attention: {}; expunge plan says why, and what to do.\n",
      base::grouped(attention));
}

void say_what_needs_person(const archive::ImportCounts& counts) {
  if (counts.contradictions > 0) {
    message(
        fmt::format("new contradictions between this import and the index: {}; expunge plan lists "
                    "their recordings as attention",
                    base::grouped(counts.contradictions)));
  }
  if (counts.known_to_log > 0) {
    message(
        fmt::format("recordings added of which the log knows corrections or orders, which an index "
                    "put back from a backup had lost: {}; they are kept until a person has settled "
                    "that (expunge plan)",
                    base::grouped(counts.known_to_log)));
  }
  if (counts.returned > 0) {
    message(
        fmt::format("recordings destroyed once of which a file is back on disk: {}; expunge "
                    "plan lists them",
                    base::grouped(counts.returned)));
  }
}

}  // namespace expunge::cli

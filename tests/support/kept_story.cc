#include "support/kept_story.h"

#include <algorithm>

namespace expunge::test::kept_story {

Story::Story() {
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

std::string Story::text() const {
  std::string text =
      report::page_text(report::story_of_kept(recording, decision, council.schedule, day, {}, is));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

archive::Hold hold(const char* placed_at, const char* effective_on) {
  archive::Hold made;
  made.placed_at = *base::parse_instant(placed_at);
  if (effective_on != nullptr) made.effective_on = *base::parse_date(effective_on);
  return made;
}

}  // namespace expunge::test::kept_story

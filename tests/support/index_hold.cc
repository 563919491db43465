#include "support/index_hold.h"

#include "support/archive_fixture.h"

namespace expunge::test {

using namespace expunge::archive;

Hold hold(const std::string& reference) {
  Hold made;
  made.reference = reference;
  made.kind = "sar";
  made.reason = "asked by letter";
  made.user = "officer";
  made.placed_at = log_time("2026-11-20T10:00:00.123Z");
  HoldScope subject;
  subject.subject_key = "01614960123";
  HoldScope days;
  days.department = "Customer Services";
  days.from = date("2025-01-01");
  days.to = date("2025-01-31");
  HoldScope one;
  one.recording_id = "r-1";
  made.scopes = {subject, days, one};
  return made;
}

void place(Index& index, const Hold& made) {
  Index::Writing writing(index);
  writing.place_hold(made);
  writing.commit();
}

}  // namespace expunge::test

#include "intake/recorder_time.h"

#include <algorithm>

#include "base/text.h"
#include "intake/row.h"

namespace expunge::intake {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// The year of zero, and of times that were never set.
constexpr sys_seconds kFirstDate = sys_days{std::chrono::year{1971} / 1 / 1};
/// A recorder's clock may be that much before ours.
constexpr days kSkew{1};
constexpr seconds kLongestCall = days{7};

/// PostgreSQL leaves out the minutes of an offset that has none.
std::string with_whole_offset(std::string_view text) {
  std::string whole(text);
  const auto sign = text.find_last_of("+-");
  if (text.find(':') != std::string_view::npos && sign != std::string_view::npos &&
      text.size() - sign == 3) {
    whole += ":00";
  }
  return whole;
}

}  // namespace

bool LatestTime::is_date(sys_seconds instant) const {
  return instant >= kFirstDate && (instant <= clock_.now || instant - clock_.now <= seconds{kSkew});
}

void LatestTime::consider(std::string_view text, std::string_view after) {
  std::optional<sys_seconds> found;
  if (auto cause = parse_recorded_at(with_whole_offset(text), clock_.local, found)) {
    if (!cause_) cause_ = std::move(cause);
    return;
  }
  if (!found || !is_date(*found)) return;
  const auto count = base::parse_number(after);
  if (count && *count <= static_cast<std::uint64_t>(kLongestCall.count())) {
    const sys_seconds end = *found + seconds{static_cast<std::int64_t>(*count)};
    if (is_date(end)) found = end;
  }
  time_ = time_ ? std::max(*time_, *found) : *found;
}

}  // namespace expunge::intake

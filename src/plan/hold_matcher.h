#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/types.h"
#include "policy/time_zone.h"

namespace expunge::plan {

/// The other segments of a call, by its call id.
using SegmentsOf = std::function<std::vector<archive::Recording>(const std::string& call_id)>;

/// Whether holds cover a recording. A hold covers what one of its scopes fits, and every segment of
/// a call of which it covers one. Not for two threads at once: what covers a call is found out
/// once, as one that a recorder names `unknown` may have very many segments.
class HoldMatcher {
 public:
  /// Keeps the unreleased ones of `holds`.
  HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone, SegmentsOf segments_of);

  HoldMatcher(HoldMatcher&&) noexcept = default;
  HoldMatcher& operator=(HoldMatcher&&) noexcept = default;
  HoldMatcher(const HoldMatcher&) = delete;
  HoldMatcher& operator=(const HoldMatcher&) = delete;
  ~HoldMatcher() = default;

  /// The holds that cover it, in the order of their references; pointers live as long as this.
  [[nodiscard]] std::vector<const archive::Hold*> covering(
      const archive::Recording& recording) const;

 private:
  [[nodiscard]] bool fits(const archive::Hold& hold, const archive::Recording& recording) const;

  /// The holds that fit one segment of this call at least.
  [[nodiscard]] const std::vector<const archive::Hold*>& covering_call(
      const std::string& call_id) const;

  std::vector<archive::Hold> holds_;
  policy::TimeZone zone_;
  SegmentsOf segments_of_;
  mutable std::unordered_map<std::string, std::vector<const archive::Hold*>> by_call_;
};

/// Whether one scope fits one recording, by itself. `recorded_on` is its civil date, unset when it
/// has no date: a scope bounded by dates then fits it, because keeping is what can be put right.
[[nodiscard]] bool scope_fits(const archive::HoldScope& scope, const archive::Recording& recording,
                              std::optional<base::CivilDate> recorded_on);

}  // namespace expunge::plan

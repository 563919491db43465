#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/period.h"

namespace expunge::policy {

/// Why recordings are held, as the law sees it, and when somebody should look again whether they
/// still have to be.
struct HoldKind {
  std::string_view name;  ///< `sar`, …: goes into the log
  std::string_view words;
  Period review;            ///< usual, from the day on which it was placed
  std::string_view source;  ///< of that period
  /// foi, eir: kept so long after the answer, and reviewed then, once the day of it is known.
  std::optional<Period> after_response{};
};

/// In the order in which they are listed to people.
[[nodiscard]] std::span<const HoldKind> hold_kinds();
/// nullptr when there is none of that name.
[[nodiscard]] const HoldKind* find_hold_kind(std::string_view name);
/// Their names, as `sar, foi, … or other`.
[[nodiscard]] std::string hold_kind_names();

/// The day of the same number so many months later, or the last of that month. A kind that is not
/// known is reviewed as `other` is.
[[nodiscard]] base::CivilDate usual_review(std::string_view kind, base::CivilDate placed_on);

}  // namespace expunge::policy

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "archive/types.h"
#include "report/certificate_parts.h"
#include "report/page.h"

// What letters on recordings that are there, and on those that are gone, say in the same words.
namespace expunge::report {

/// With a title and a foot, and nothing else.
[[nodiscard]] Page page_about(const std::string& id, const Issue& issue);
/// Of which department the call was, which may be empty, and of which day.
[[nodiscard]] std::string made_text(const std::optional<base::CivilDate>& recorded_on,
                                    const std::string& department);

inline constexpr const char* kNothingLeft =
    "Every byte of it was overwritten before its destruction was stopped, though nobody verified "
    "that: nothing of it is left.";

/// Of one that was destroyed in part; begins with a space. Unset: no entry says what is left.
[[nodiscard]] std::string part_text(const std::optional<certify::Left>& left);

// Of orders to keep a recording, of which each requires one at least.

/// The last day through which all of them keep it; nullopt: one of them has no end yet.
[[nodiscard]] std::optional<base::CivilDate> kept_through(
    const std::vector<const archive::Hold*>& holds);
/// Since when there is one.
[[nodiscard]] base::CivilDate placed_on(const std::vector<const archive::Hold*>& holds);
/// How many there are, and since when; `to_keep` stands before that. Ends with a space.
[[nodiscard]] std::string since_text(const std::vector<const archive::Hold*>& holds,
                                     const char* to_keep);
/// The same of what nobody says to be kept by them.
[[nodiscard]] std::string in_force_text(const std::vector<const archive::Hold*>& holds);
/// The same as since_text() of a recording whose period had ended before there was any. So many as
/// `others_ended` that have ended can have kept it until then.
[[nodiscard]] std::string came_later_text(const std::vector<const archive::Hold*>& holds,
                                          std::size_t others_ended);
/// The same where orders that have `ended` kept it before, perhaps not from `due` on.
[[nodiscard]] std::string after_ended_text(const std::vector<const archive::Hold*>& ended,
                                           const std::vector<const archive::Hold*>& holds,
                                           const std::optional<base::CivilDate>& due);
/// Of what is past its day, `due`: that orders which have `ended` kept it; where there is none,
/// that so many others can have. With `is_there` false nobody knows whether there was anything to
/// keep. Ends with a space, or is empty.
[[nodiscard]] std::string until_ended_text(const std::vector<const archive::Hold*>& ended,
                                           base::CivilDate due, std::size_t others_ended,
                                           bool is_there);
/// That all of them, which keep it through that day, were ended; without a full stop.
[[nodiscard]] std::string withdrawn_text(const std::vector<const archive::Hold*>& holds,
                                         base::CivilDate through);

}  // namespace expunge::report

#pragma once

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
/// The same of a recording whose period had ended before there was any.
[[nodiscard]] std::string came_later_text(const std::vector<const archive::Hold*>& holds);
/// That all of them, which keep it through that day, were ended; without a full stop.
[[nodiscard]] std::string withdrawn_text(const std::vector<const archive::Hold*>& holds,
                                         base::CivilDate through);

}  // namespace expunge::report

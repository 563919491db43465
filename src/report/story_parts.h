#pragma once

#include <optional>
#include <string>

#include "report/certificate_parts.h"
#include "report/page.h"

// What letters on recordings that are there, and on those that are gone, say in the same words.
namespace expunge::report {

/// With a title and a foot, and nothing else.
[[nodiscard]] Page page_about(const std::string& id, const Issue& issue);
/// Of which department the call was, which may be empty, and of which day.
[[nodiscard]] std::string made_text(const std::optional<base::CivilDate>& recorded_on,
                                    const std::string& department);

}  // namespace expunge::report

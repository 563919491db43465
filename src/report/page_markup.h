#pragma once

#include <string>
#include <string_view>

namespace expunge::report {

/// Safe as text and within quotes, in HTML and XML; what base::printable() escapes is seen.
[[nodiscard]] std::string escaped(std::string_view raw);

}  // namespace expunge::report

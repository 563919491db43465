#pragma once

#include <string_view>

namespace expunge::report {

/// The style sheet of every page; without `<` and `&`, so that it is the same text in HTML and XML.
[[nodiscard]] std::string_view page_style();

/// The script of a page with a Listing: shows its rows by pages, and searches them. The same text
/// in HTML and XML too.
[[nodiscard]] std::string_view page_script();

}  // namespace expunge::report

#pragma once

#include <string>

namespace boost::program_options {
class error_with_option_name;
}

namespace expunge::cli {

/// What Program_options found wrong, safe for a terminal. Its own what() does not end when a text
/// that it quotes holds one of its placeholders, such as %canonical_option%: here each percent sign
/// in such a text becomes a question mark.
[[nodiscard]] std::string describe(boost::program_options::error_with_option_name& error);

}  // namespace expunge::cli

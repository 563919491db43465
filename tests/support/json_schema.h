#pragma once

#include <string>

namespace expunge::test {

/// What of a JSON text is not as a JSON Schema has it, with the place of the first fault; empty:
/// nothing. Knows the keywords that our schemas use, and throws at any other.
[[nodiscard]] std::string schema_fault(const std::string& schema, const std::string& json);

}  // namespace expunge::test

#include "survey/difference.h"

#include <array>

namespace expunge::survey {

std::string_view code(Difference::Kind kind) {
  constexpr std::array<std::string_view, Difference::kKinds> kCodes = {
      "no-row",       "no-file",       "size",        "content",   "returned", "destroyed-content",
      "same-content", "several-names", "not-regular", "unreadable"};
  return kCodes.at(static_cast<std::size_t>(kind));
}

}  // namespace expunge::survey

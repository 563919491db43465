#pragma once

#include <string>

#include "plan/plan.h"

namespace expunge::report {

/// The size of these recordings for people: `1.8 MB`; `at least 1.8 MB`, where the index lacks the
/// sizes of some; `size not known`, where it has none.
[[nodiscard]] std::string size_text(const plan::Count& count);

/// `1,234 (1.8 MB)`; `0` alone where there are none.
[[nodiscard]] std::string counted_text(const plan::Count& count);

}  // namespace expunge::report

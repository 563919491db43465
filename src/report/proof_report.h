#pragma once

#include <string>

#include "audit/certificate_check.h"

namespace expunge::report {

/// What the entry says, in plain words, and what that rests on, item by item. What is no
/// confidential destruction is said to be none.
[[nodiscard]] std::string proof_text(const audit::CertificateFindings& findings);

/// The same for programs: one object, see expunge(1).
[[nodiscard]] std::string proof_json(const audit::CertificateFindings& findings);

}  // namespace expunge::report

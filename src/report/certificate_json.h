#pragma once

#include <span>
#include <string>

#include "certify/recordings.h"
#include "report/certificate_parts.h"

namespace expunge::report {

/// What the pages of these recordings say, for programs: one object, see expunge(1).
[[nodiscard]] std::string certificates_json(std::span<const certify::RecordingFacts> recordings,
                                            const Issue& issue);

}  // namespace expunge::report

#pragma once

#include <string>

#include "certify/recordings.h"
#include "report/certificate_parts.h"
#include "report/page.h"

namespace expunge::report {

/// What the log says of one recording; of one that was removed without being overwritten, title and
/// first sentence say that this was no confidential destruction. `proof` is its certificate's file.
[[nodiscard]] Page certificate_page(const certify::RecordingFacts& facts, const Issue& issue,
                                    const std::string& proof);

}  // namespace expunge::report

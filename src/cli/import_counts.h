#pragma once

#include <string>

#include "archive/importer.h"

// What the commands that import say of what came of it.
namespace expunge::cli {

/// `; new contradictions: 2`, for the line of counts; empty when there are none.
[[nodiscard]] std::string contradictions_text(const archive::ImportCounts& counts);

/// Says as messages what a person has to look at, also under --quiet.
void say_what_needs_person(const archive::ImportCounts& counts);

}  // namespace expunge::cli

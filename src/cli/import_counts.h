#pragma once

#include <cstdint>
#include <string>

#include "archive/importer.h"
#include "cli/desk.h"

// What the commands that import say of what came of it.
namespace expunge::cli {

/// `; new contradictions: 2`, for the line of counts; empty when there are none.
[[nodiscard]] std::string contradictions_text(const archive::ImportCounts& counts);

/// Of the recordings that came into the index after the one of this key, those that the plan for
/// the next run lists as attention.
[[nodiscard]] std::uint64_t attention_since(const Desk& desk, std::int64_t newest_key);

/// Says how many that are, where there are any.
void print_attention_since(const Desk& desk, std::int64_t newest_key);

/// Says as messages what a person has to look at, also under --quiet.
void say_what_needs_person(const archive::ImportCounts& counts);

}  // namespace expunge::cli

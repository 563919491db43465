#pragma once

#include <string>
#include <vector>

#include "support/office.h"

// Indexes of which plans are made, and their pages.
namespace expunge::test {

/// Recordings of two departments, due and not; two holds; several causes for attention.
void add_ordinary(const Office& office, int due = 120);
/// Nothing that is understood.
void add_odd_ones(const Office& office);
/// What somebody wrote past the program: markup, quotes, letters from right to left, and texts
/// without an end.
void add_hostile(const Office& office);
/// Says yes to the plan as it is.
void approve(const Office& office);

/// Writes the plan as a page; its path.
[[nodiscard]] std::string plan_page(const Office& office,
                                    const std::vector<std::string>& more = {});

}  // namespace expunge::test

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/office.h"

// What tests of attention that people clear have in common.
namespace expunge::test::attention_office {

using Words = std::vector<std::string>;

/// The civil day so many days from now.
[[nodiscard]] std::string in_days(int days);

/// One kept recording, and three that need attention: two of an unknown department, one undated.
void furnish(const Office& office);

/// `acknowledge` of these, until in 30 days, with a reason.
[[nodiscard]] Words acknowledging(Words ids);

[[nodiscard]] std::string index_of(const Office& office);
[[nodiscard]] std::string log_of(const Office& office);
[[nodiscard]] nlohmann::json plan_of(const Office& office);
/// What the plan has of a recording; null when it has not that one.
[[nodiscard]] nlohmann::json planned(const Office& office, const std::string& id);

/// How often a text stands in another.
[[nodiscard]] std::size_t count(const std::string& text, const std::string& part);

}  // namespace expunge::test::attention_office

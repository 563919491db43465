#pragma once

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "support/catch.h"
#include "support/council_program.h"

// What tests of `expunge status` have in common.
namespace expunge::test {

/// A day before the machine's, as an instant at that hour.
[[nodiscard]] inline std::string hour_of(int days_ago, int hour) {
  using namespace std::chrono;
  const auto today = floor<days>(system_clock::now());
  return base::to_text(sys_seconds{today - days{days_ago} + hours{hour}});
}

/// The machine's name.
[[nodiscard]] inline std::string here() {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  return name;
}

[[nodiscard]] inline nlohmann::json status_of(const CouncilProgram& program) {
  return nlohmann::json::parse(program.call({"status", "--json"}).out);
}

[[nodiscard]] inline std::vector<std::string> alarms_of(const nlohmann::json& status) {
  std::vector<std::string> names;
  for (const auto& alarm : status.at("alarms")) names.push_back(alarm.at("name"));
  return names;
}

}  // namespace expunge::test

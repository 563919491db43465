#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/brakes.h"

// Nights before brakes, made of nothing but facts.
namespace expunge::test::plan_night {

[[nodiscard]] base::Time at(const char* text);

/// A night on which no brake is on.
struct Night {
  plan::Summary summary;
  audit::LogFacts facts;
  std::vector<archive::Hold> holds;
  audit::Policy policy{"Europe/London", {{"Customer Services", "12 months"}}, ""};
  plan::Safety safety;
  std::string host = "rec1";
  std::string root = "1 2";
  plan::IndexMemory memory{"1 2", 40, 7};
  base::Time now = at("2026-11-24T02:00:00Z");

  Night();

  [[nodiscard]] plan::Situation situation() const;

  /// As though each approval covered so many of what is due.
  [[nodiscard]] plan::Judgement judge(const std::vector<archive::Approval>& approvals,
                                      const plan::Accepted& accepted = {},
                                      std::uint64_t covered = 20) const;

  /// The names of the brakes that are on, each of which must have all its words.
  [[nodiscard]] std::vector<std::string> on() const;
};

using Names = std::vector<std::string>;

}  // namespace expunge::test::plan_night

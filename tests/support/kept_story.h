#pragma once

#include <string>

#include "archive/index.h"
#include "plan/decision.h"
#include "report/recording_story.h"
#include "support/council.h"

// What is told of a recording that the index has.
namespace expunge::test::kept_story {

inline constexpr const char* kNumber = "01632960777";

/// A recording that fell due three days before its day; its paths and what imports said of it hold
/// its number.
struct Story {
  Council council;
  archive::Recording recording;
  plan::Decision decision;
  base::CivilDate day = *base::parse_date("2026-11-24");
  report::Circumstances is;

  Story();

  /// In one line.
  [[nodiscard]] std::string text() const;
};

/// An order to keep, of that time, and ended from that day on when one is given.
[[nodiscard]] archive::Hold hold(const char* placed_at, const char* effective_on = nullptr);

}  // namespace expunge::test::kept_story

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "intake/scan_pattern.h"

// What the name of a file says, by the groups of a pattern and by itself.
namespace expunge::intake {

/// Which part a file has in its recording: by the pattern's group, else by its extension, and
/// `-in`, `-out` or `-all` before it (audio, audio-in, transcript, sidecar, key, other).
[[nodiscard]] std::string role_of(std::string_view path, const Captured& captured);

/// What the files of one call share: the id that the pattern found, or else the path without what
/// tells its files apart, its extension and role. `captured` must point into `path`.
[[nodiscard]] std::string call_of(std::string_view path, const Captured& captured);

/// When a call began, by a name.
struct NamedTime {
  std::string text;              ///< as a column recorded_at has it; empty: no date
  bool has_time_of_day = false;  ///< and not the date alone
};

/// Puts the groups for dates and times together. What is left out of a time counts as late as it
/// can be. nullopt, and why in `fault`, when they make no date; whether such a day exists is not
/// looked at.
[[nodiscard]] std::optional<NamedTime> time_of(const Captured& captured, std::string& fault);

}  // namespace expunge::intake

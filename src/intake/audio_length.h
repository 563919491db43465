#pragma once

#include <chrono>
#include <optional>

namespace expunge::intake {

/// A file that says it lasts longer is not believed.
inline constexpr std::chrono::hours kMaxAudioLength{24};

/// How long the audio in an open file lasts, by its header, rounded up to whole seconds. nullopt
/// when libsndfile cannot read it, or the length is not to be believed. Moves the file's offset.
[[nodiscard]] std::optional<std::chrono::seconds> audio_length(int fd);

}  // namespace expunge::intake

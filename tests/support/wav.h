#pragma once

#include <cstdint>
#include <string>

namespace expunge::test {

/// A WAV file (RIFF, 8000 samples a second, one byte each) that lasts so long, of silence.
inline std::string wav(unsigned seconds) {
  const auto number = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const std::uint32_t data = seconds * 8000;
  return "RIFF" + number(36 + data, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) +
         number(8000, 4) + number(8000, 4) + number(1, 2) + number(8, 2) + "data" +
         number(data, 4) + std::string(data, '\x80');
}

}  // namespace expunge::test

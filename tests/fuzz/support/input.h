#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What libFuzzer, or replay.cc, calls with one input. Every target defines it, and asserts
/// (EXPUNGE_ASSERT) what must hold whatever the bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace expunge::fuzz {

/// Cuts an input into parts, from the front; past its end there are zeros and empty texts.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::size_t size() const { return rest_.size(); }

  [[nodiscard]] std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }

  /// Little-endian, of so many bytes.
  [[nodiscard]] std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::string_view taken = text(bytes);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      value |= std::uint64_t{static_cast<std::uint8_t>(taken[i])} << (8 * i);
    }
    return value;
  }

  [[nodiscard]] std::string_view text(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// Up to `end`, which is taken off but left out; without one, all there is.
  [[nodiscard]] std::string_view text_until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
    return taken;
  }

  [[nodiscard]] std::string_view rest() { return text(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace expunge::fuzz

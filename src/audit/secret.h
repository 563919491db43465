#pragma once

#include <string>
#include <utility>

namespace expunge::audit {

/// A text that nobody else should read, wiped when it goes. A swapped page or a core dump may still
/// hold it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// For filling it in; never to be made longer, which would leave a copy.
  [[nodiscard]] std::string& buffer() { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  void wipe() noexcept;

  std::string text_;
};

}  // namespace expunge::audit

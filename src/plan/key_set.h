#pragma once

#include <cstdint>
#include <vector>

#include "archive/types.h"

namespace expunge::plan {

/// A set of recordings by their key: one bit for each the index ever held, so ten million take
/// little more than a megabyte. A key that no import gives (archive::kMaxKey) is in no set.
class KeySet {
 public:
  void insert(std::int64_t key) {
    if (key < 1 || key > archive::kMaxKey) return;
    const auto at = static_cast<std::size_t>(key);
    if (at >= bits_.size()) bits_.resize(at + at / 2 + 1);
    if (!bits_[at]) ++size_;
    bits_[at] = true;
  }
  void erase(std::int64_t key) {
    if (!contains(key)) return;
    bits_[static_cast<std::size_t>(key)] = false;
    --size_;
  }
  [[nodiscard]] bool contains(std::int64_t key) const {
    const auto at = static_cast<std::size_t>(key);
    return at < bits_.size() && bits_[at];
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  template <typename Each>
  void for_each(Each each) const {
    for (std::size_t at = 0; at < bits_.size(); ++at) {
      if (bits_[at]) each(static_cast<std::int64_t>(at));
    }
  }

 private:
  std::vector<bool> bits_;
  std::uint64_t size_ = 0;
};

}  // namespace expunge::plan

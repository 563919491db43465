#pragma once

#include <optional>

#include "archive/store.h"

namespace expunge::archive {

/// So that rows of two tables, or of two statements, fit each other.
class OneView {
 public:
  explicit OneView(Store& store) : store_(store), mine_(store.transaction == Transaction::none) {
    if (mine_) store_.begin(Transaction::snapshot);
  }
  OneView(const OneView&) = delete;
  OneView& operator=(const OneView&) = delete;
  ~OneView() {
    if (mine_) store_.roll_back();
  }

 private:
  Store& store_;
  bool mine_;
};

/// A damaged tree can hand out rows over and over: each must come after the one before.
template <typename Value>
class Ascending {
 public:
  void take(const Value& value) {
    if (last_ && !(*last_ < value)) fail_damaged("rows out of order");
    last_ = value;
  }

 private:
  std::optional<Value> last_;
};

}  // namespace expunge::archive

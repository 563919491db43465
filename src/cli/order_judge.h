#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "cli/log_ahead.h"
#include "plan/decision.h"
#include "plan/key_set.h"

namespace expunge::cli {

/// Decides about recordings as the run will, were they ordered to be destroyed; changes nothing.
/// The desk, what the log is ahead by, and the order must live as long.
class OrderJudge {
 public:
  OrderJudge(const Desk& desk, const LogAhead& ahead, const archive::Order& order);

  OrderJudge(const OrderJudge&) = delete;
  OrderJudge& operator=(const OrderJudge&) = delete;
  OrderJudge(OrderJudge&&) = delete;
  OrderJudge& operator=(OrderJudge&&) = delete;
  ~OrderJudge() = default;

  /// Adds it to the refusals where it cannot go, and else to all the others.
  void look_at(const std::string& id);

  /// Of each that cannot go why, in words.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }
  /// A line on each that can, for who is asked whether it is meant.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] const plan::KeySet& keys() const { return keys_; }
  /// Of these, the ones without an order yet.
  [[nodiscard]] const std::vector<std::int64_t>& fresh() const { return fresh_; }

 private:
  void refuse(const std::string& id, const std::string& why);
  [[nodiscard]] bool is_fresh(const archive::Recording& recording) const;
  [[nodiscard]] std::string why_not_there(const std::string& id) const;
  [[nodiscard]] std::string why_not(const archive::Recording& recording,
                                    const plan::Decision& decision) const;
  [[nodiscard]] std::string why_held(const archive::Recording& recording,
                                     const plan::Decision& decision) const;
  [[nodiscard]] std::string how_to_settle(const archive::Recording& recording,
                                          const plan::Decision& decision, plan::Doubt doubt) const;
  [[nodiscard]] std::string why_barred(const archive::Recording& recording) const;
  [[nodiscard]] std::string line_of(const archive::Recording& recording,
                                    const plan::Decision& decision) const;

  const Desk& desk_;
  const LogAhead& ahead_;
  const archive::Order& order_;
  plan::HoldMatcher holds_;
  plan::Decider decider_;
  std::vector<std::string> refusals_, lines_;
  plan::KeySet keys_;
  std::vector<std::int64_t> fresh_;
};

}  // namespace expunge::cli

#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "plan/decision.h"

namespace expunge::cli {

/// What holds in force cover of recordings before a person puts them right, so that no correction
/// is the release of a hold by one person, at once. The desk must live as long.
class HeldBefore {
 public:
  /// Requires that nothing is put right yet, nor while add() is called.
  explicit HeldBefore(Desk& desk);

  HeldBefore(const HeldBefore&) = delete;
  HeldBefore& operator=(const HeldBefore&) = delete;
  HeldBefore(HeldBefore&&) = delete;
  HeldBefore& operator=(HeldBefore&&) = delete;
  ~HeldBefore() = default;

  /// `as_indexed`: a person says that the index is right, and not what is.
  void add(const archive::Recording& recording, bool as_indexed);

  /// Why a recording that nothing is said against waits for another; empty: it does not.
  [[nodiscard]] std::string waits_for(const archive::Recording& recording) const;

  /// By the index as it is now. Throws Failure(usage), which names the recording and the hold, when
  /// a hold that covered one, or the other segments of a call that it has left, does not any more;
  /// but where another hold names the recording, or one of those, by its id, and so keeps it
  /// whatever is right.
  void require_still_held() const;

  /// Says on standard error, a line each, which holds covered one of them, or may have meant it
  /// because of what was in doubt, and do not cover it now; and of which others, that were perhaps
  /// segments of its call, that is so. Reads the whole index where there may be such.
  void say_what_is_meant_no_more() const;

 private:
  struct Before {
    std::string id, call;
    std::vector<std::string> covering;  ///< references
    std::vector<std::string> by_word;   ///< by what imports said of whose call it is
    /// When as_indexed, of what the log alone knows, or an older version kept no value of: nothing
    /// tells whose call it is, or which.
    std::vector<std::string> by_lost_word, by_lost_call;
    std::vector<std::string> perhaps;  ///< references
    bool is_first_of_call = false;     ///< of those that are put right
    plan::WhyPerhaps others{};         ///< why its call was perhaps held
  };

  [[nodiscard]] std::vector<std::string> perhaps_covering(const archive::Recording& recording,
                                                          const plan::HoldMatcher& holds) const;
  void add_lost(const archive::Recording& recording, Before& before) const;
  [[nodiscard]] bool may_be_held(const archive::Recording& recording,
                                 const plan::HoldMatcher& now) const;
  [[nodiscard]] std::vector<archive::Recording> left_behind(const Before& before) const;
  void say_what_others_lose(const Before& before, const plan::HoldMatcher& now) const;
  void require_others_held(const Before& before, const plan::HoldMatcher& now) const;
  void say_who_is_perhaps_held_no_more(const plan::HoldMatcher& now) const;
  static void say_what_names_it_no_more(const Before& before, const std::vector<std::string>& now);

  Desk& desk_;
  plan::HoldMatcher holds_;
  plan::Decider decider_;
  std::set<std::string> named_;  ///< ids that a hold in force names, and nothing else
  std::set<std::string> calls_;
  std::vector<Before> before_;
  bool of_other_calls_ = false;  ///< whether an import said so of one of them
};

}  // namespace expunge::cli

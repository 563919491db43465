#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/types.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// The other segments of a call, by its call id.
using SegmentsOf = std::function<std::vector<archive::Recording>(const std::string& call_id)>;

/// What of a recording may not be so. A hold that asks for it then covers the recording whatever it
/// says, because keeping is what can be put right.
struct Doubt {
  bool date = false, department = false;
};

/// Why a call is perhaps a held one.
struct PerhapsHeld {
  std::string recording;                    ///< the id of the one by which it is
  std::vector<const archive::Hold*> holds;  ///< that mean, or may mean, that recording
  /// Set: an import said that the recording is of this call, and the index has another. Unset: it
  /// is of this call, and in doubt is whether holds mean it.
  bool is_said = true;
  bool is_sure = true;  ///< whether the holds mean it, whatever is in doubt of it
};

/// Each hold by two recordings, where there are two, so that there is one for each of them which is
/// another.
using WhyPerhaps = std::vector<PerhapsHeld>;
/// Adds it, unless each of its holds is there by two recordings already.
void add_why(WhyPerhaps& all, PerhapsHeld why);
[[nodiscard]] bool is_told_twice(const WhyPerhaps& all, const archive::Hold* hold);
/// Those that are not by the recording itself.
[[nodiscard]] std::vector<const PerhapsHeld*> by_others(const WhyPerhaps& all,
                                                        const archive::Recording& recording);
/// The holds of all of these, each once.
[[nodiscard]] std::vector<const archive::Hold*> holds_of(
    const std::vector<const PerhapsHeld*>& whys);

/// What was said so of a call; nullptr: nothing. Valid as long as the function.
using SaidOf = std::function<const WhyPerhaps*(const std::string& call_id)>;

class HoldMatcher;
/// Of the segments of a call those of which something is in doubt, so that holds may mean them
/// which do not cover them by themselves. May ask the matcher for fits() alone.
using DoubtsOf = std::function<WhyPerhaps(const HoldMatcher&, const std::string& call_id,
                                          const std::vector<archive::Recording>& segments)>;

/// Whether holds cover a recording. A hold covers what one of its scopes fits, and every segment of
/// a call of which it covers one. Not for two threads at once: what covers a call is found out
/// once, as one that a recorder names `unknown` may have very many segments.
class HoldMatcher {
 public:
  /// Keeps those of `holds` that are in force on `day`.
  HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone, SegmentsOf segments_of,
              base::CivilDate day);

  HoldMatcher(HoldMatcher&&) noexcept = default;
  HoldMatcher& operator=(HoldMatcher&&) noexcept = default;
  HoldMatcher(const HoldMatcher&) = delete;
  HoldMatcher& operator=(const HoldMatcher&) = delete;
  ~HoldMatcher() = default;

  /// The holds that cover it, in the order of their references; pointers live as long as this.
  [[nodiscard]] std::vector<const archive::Hold*> covering(const archive::Recording& recording,
                                                           Doubt doubt = {}) const;

  /// Those in force on its day.
  [[nodiscard]] const std::vector<archive::Hold>& holds() const { return holds_; }

  /// Of the holds it was given those that ended by its day and cover it, and ended after the index
  /// had it; what an ended hold covered is erased some days later.
  [[nodiscard]] std::vector<const archive::Hold*> ended(const archive::Recording& recording,
                                                        Doubt doubt = {}) const;

  /// The first day on which nothing kept it any more, by these. Unset: there is none.
  [[nodiscard]] std::optional<base::CivilDate> let_go_on(const archive::Recording& recording,
                                                         Doubt doubt = {}) const;

  /// Whether the hold covers it by itself, its call left aside.
  [[nodiscard]] bool fits(const archive::Hold& hold, const archive::Recording& recording,
                          Doubt doubt) const;

  /// From now on segments of these calls are perhaps those of a call that a hold covers, and so are
  /// those of a call with one that a hold may mean. Requires that nothing was asked before.
  void set_doubts(SaidOf said_of, DoubtsOf doubts_of) {
    said_of_ = std::move(said_of);
    doubts_of_ = std::move(doubts_of);
  }
  /// Why it may be a segment of one, never by the recording itself: one reason of perhaps several;
  /// nullptr: nothing says so.
  [[nodiscard]] const PerhapsHeld* perhaps_of_held_call(const archive::Recording& recording) const;
  /// All of them.
  [[nodiscard]] std::vector<const PerhapsHeld*> all_perhaps(
      const archive::Recording& recording) const;
  /// Why others of a call may be than the one that a reason is by; nullptr: nothing says so.
  [[nodiscard]] const WhyPerhaps* perhaps_held_call(const std::string& call_id) const;
  /// By what imports said alone why its call is perhaps a held one: asks no index.
  [[nodiscard]] const WhyPerhaps* said_of_held_call(const archive::Recording& recording) const {
    return !said_of_ || recording.call_id.empty() ? nullptr : said_of_(recording.call_id);
  }
  [[nodiscard]] bool knows_said_calls() const { return said_of_ != nullptr; }

 private:
  HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone, SegmentsOf segments_of);

  /// The holds that fit one segment of this call at least. Finds out too which may mean one.
  [[nodiscard]] const std::vector<const archive::Hold*>& covering_call(
      const std::string& call_id) const;
  void note_doubts(const std::string& call_id,
                   const std::vector<archive::Recording>& segments) const;

  std::vector<archive::Hold> holds_;
  policy::TimeZone zone_;
  SegmentsOf segments_of_;
  SaidOf said_of_;
  DoubtsOf doubts_of_;
  std::unique_ptr<HoldMatcher> ended_;  ///< of those that were over by its day; or null
  mutable std::unordered_map<std::string, std::vector<const archive::Hold*>> by_call_;
  /// Few, and never forgotten, so that pointers last.
  mutable std::unordered_map<std::string, WhyPerhaps> perhaps_;
};

/// What an import said of a recording against the index. What is set is in doubt between this and
/// what the index has, and else, where there is doubt of it, it may be anything.
struct SaidElse {
  std::optional<base::CivilDate> day;
  std::optional<std::string> department;
};

/// The holds that cover it only because of `doubt`, and why, in words: `COMP-1 names days, and the
/// day of this recording is in doubt`. With `said`, of these only those that cover it by one of the
/// values that were said: for people to read, and not for what decides about it.
[[nodiscard]] std::vector<std::string> perhaps_covering(const HoldMatcher& holds,
                                                        const archive::Recording& recording,
                                                        Doubt doubt, const SaidElse& said = {});

/// The hold with a scope for each name of a department, and each form of a subject, where it had
/// one: a hold on one name covers what came into the index by another.
[[nodiscard]] archive::Hold with_all_names(archive::Hold hold,
                                           const policy::RetentionSchedule& schedule);

/// Whether one scope fits one recording, by itself. `recorded_on` is its civil date, unset when it
/// has none or that is in doubt: a scope bounded by dates then fits it, because keeping is what can
/// be put right.
[[nodiscard]] bool scope_fits(const archive::HoldScope& scope, const archive::Recording& recording,
                              std::optional<base::CivilDate> recorded_on, Doubt doubt = {});

}  // namespace expunge::plan

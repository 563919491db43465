#include "run/lost_words.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "archive/index.h"
#include "audit/entry.h"
#include "audit/log.h"
#include "base/text.h"

namespace expunge::run {
namespace {

/// What a correction says that may go into an entry.
struct Correction {
  std::string department;
  std::optional<base::CivilDate> recorded;
  std::string authority;
};

/// The log's last words on a recording.
struct Words {
  std::optional<audit::OrderChange> order;
  std::map<std::string, Correction> corrections;  ///< by fact
  /// When an acknowledgement of it was withdrawn.
  std::optional<base::Time> unacknowledged_at;
};

/// Of those that did not go since, by id.
using WordsById = std::map<std::string, Words>;

/// What a correction is of. Sizes and hashes are no entry's: an index that lost them has other
/// files than it should, and that alone.
std::string fact_of(const audit::EntryView& entry) {
  std::string fact = audit::text_of(entry, "fact");
  return fact == "bytes" || fact == "sha256" ? "file" : fact;
}

void take_correction(const audit::EntryView& entry, Words& words) {
  const std::string fact = fact_of(entry);
  Correction correction{audit::text_of(entry, "department"),
                        base::parse_date(audit::text_of(entry, "recorded")),
                        audit::text_of(entry, "authority")};
  // That no import would bring a recording says nothing of what is right.
  const auto before = words.corrections.find(fact);
  const bool says_nothing = correction.department.empty() && !correction.recorded;
  const bool had_value = before != words.corrections.end() &&
                         (before->second.recorded || !before->second.department.empty());
  if (says_nothing && had_value) return;
  words.corrections[fact] = std::move(correction);
}

WordsById words_since(const Compared& compared) {
  WordsById last;
  audit::for_each_entry(
      compared.sys, compared.log, compared.index.reconciled_size(),
      [&](const audit::EntryView& entry) {
        if (entry.type.starts_with("order")) {
          const std::string id(audit::recording_of(entry));
          last[id].order = {entry.type == "order.withdraw", id, audit::text_of(entry, "ground"),
                            audit::text_of(entry, "authority"), ""};
        } else if (entry.type == "correct") {
          const std::string id(audit::recording_of(entry));
          take_correction(entry, last[id]);
        } else if (entry.type == "acknowledge.withdraw") {
          last[std::string(audit::recording_of(entry))].unacknowledged_at =
              base::parse_log_time(entry.time);
        } else if (!last.empty() && (entry.type == "destroy" || entry.type == "remove")) {
          last.erase(std::string(audit::recording_of(entry)));
        }
        return true;
      });
  return last;
}

/// Compares, and makes the index keep what it has lost; under its write lock.
class Settling {
 public:
  Settling(const Compared& compared, archive::Index::Writing& writing, bool is_behind)
      : with_(compared), writing_(writing), is_behind_(is_behind) {}

  void take(const std::string& id, const Words& words) {
    const auto recording = with_.index.find(id);
    if (!recording) {
      if (is_behind_ && !with_.index.history(id)) take_unheard_of(id, words);
      return;
    }
    if (words.unacknowledged_at) take_withdrawal(*recording, *words.unacknowledged_at);
    if (!is_behind_) return;
    if (words.order) take_order(*recording, *words.order);
    // Of what came back the log has the date and the department.
    if (recording->state == archive::State::returned) return;
    for (const auto& [fact, correction] : words.corrections) {
      take_correction(*recording, fact, correction);
    }
  }

  [[nodiscard]] const LostWords& found() const { return found_; }

 private:
  void say(const std::string& id, const std::string& text) {
    ++with_.tally.lost_words;
    note(with_.tally, id, text);
  }

  void take_order(const archive::Recording& recording, const audit::OrderChange& order) {
    const auto& known = recording.order;
    if (known && !order.withdrawn && known->ground == order.ground &&
        known->authority == order.authority) {
      return;
    }
    if (known || (order.withdrawn && with_.index.is_contradicted(recording.key, "order"))) {
      found_.changed = true;
      writing_.withdraw_order(recording.key);
      say(recording.id,
          (known ? fmt::format("the log says that the order to destroy it that the index has "
                               "(ground {}, authority {}) was withdrawn",
                               known->ground, known->authority)
                 : std::string("the log says that the order to destroy it, which it alone knew, "
                               "was withdrawn")) +
              ", and the index did not know: withdrawn again");
    }
    if (!order.withdrawn) contradict(recording, word_of(recording.id, order));
  }

  /// One that was given again after that stands.
  void take_withdrawal(const archive::Recording& recording, base::Time withdrawn_at) {
    const auto given = with_.index.acknowledgement(recording.key);
    if (!given || given->acknowledged_at > withdrawn_at) return;
    found_.changed = true;
    writing_.withdraw_acknowledgement(recording.key);
    say(recording.id,
        "the log says that the acknowledgement of it was withdrawn, and the index did not know: "
        "withdrawn again");
  }

  void take_correction(const archive::Recording& recording, const std::string& fact,
                       const Correction& correction) {
    const bool is_said = with_.index.is_contradicted(recording.key, fact);
    archive::LostWord word = word_of(recording.id, fact, correction);
    if (fact == "department") {
      const bool is_so = is_of(recording, correction.department);
      if (word.says.empty() || (is_so && !is_said)) return;
      word.words = was_text(is_so, "department", recording.department) + word.words;
      if (is_so) word.says = recording.department;
    } else if (fact == "recorded_at") {
      const bool is_so = civil_date(recording) == correction.recorded;
      if (word.says.empty() || (is_so && !is_said)) return;
      const std::string was =
          recording.recorded_at ? base::to_text(*recording.recorded_at) : std::string("none");
      word.words = was_text(is_so, "recorded_at", was) + word.words;
      if (is_so) word.says = was;
    }
    contradict(recording, word);
  }

  /// What stands in the index before what the log says; the same, where it had lost that a person
  /// stood by it.
  static std::string was_text(bool is_so, const char* fact, const std::string& was) {
    return fmt::format("{} {} {}, {}", fact, is_so ? "is" : "was", was, is_so ? "as " : "");
  }

  /// Of whatever recording.
  [[nodiscard]] archive::LostWord word_of(const std::string& id, const std::string& fact,
                                          const Correction& correction) const {
    const std::string by = base::printable(correction.authority);
    archive::LostWord word{id, fact, "", ""};
    if (fact == "department" && !correction.department.empty()) {
      word.says = correction.department;
    } else if (fact == "recorded_at" && correction.recorded) {
      word.says = base::to_text(last_second(*correction.recorded));
    }
    const std::string said = fact == "recorded_at" && correction.recorded
                                 ? base::to_text(*correction.recorded)
                                 : word.says;
    word.words =
        said.empty()
            ? fmt::format(
                  "the log says that its {} was put right, or confirmed (authority {}), and "
                  "the index may not know: {}",
                  fact == "call_id" ? "call" : fact, by, way_to_settle(fact))
            : fmt::format(
                  "the log says {} (put right, authority {}), and the index did not know: "
                  "take that (expunge correct --as-imported), or say what is right",
                  said, by);
    return word;
  }

  static const char* way_to_settle(const std::string& fact) {
    if (fact == "subject") return "say whose call it is (expunge correct --subject)";
    if (fact == "agent") return "say who took it (expunge correct --agent)";
    if (fact == "call_id") return "say of which call it is (expunge correct --call)";
    if (fact != "file") return "say what is right (expunge correct)";
    return "say that its files are right as they are (expunge correct --as-found), or as the index "
           "has them (--as-indexed)";
  }

  void contradict(const archive::Recording& recording, const archive::LostWord& word) {
    found_.changed = true;
    if (archive::may_matter_to_holds(word.fact)) ++found_.corrections;
    writing_.contradict_by_log(recording.key, word.fact, word.words, word.says);
    say(recording.id, word.words + "; it is kept until then");
  }

  /// An import may bring it again, as its source has it: that is then contradicted.
  void take_unheard_of(const std::string& id, const Words& words) {
    const auto await = [&](const archive::LostWord& word, const char* way_out) {
      if (archive::may_matter_to_holds(word.fact)) ++found_.corrections;
      writing_.await(word);
      say(id, word.words +
                  "; the index has no such recording: import it again first, or say that " +
                  way_out);
    };
    if (words.order && words.order->withdrawn) writing_.forget_lost_word(id, "order");
    if (words.order && !words.order->withdrawn) {
      await(word_of(id, *words.order), "the order is not meant any more (--withdraw)");
    }
    for (const auto& [fact, correction] : words.corrections) {
      await(word_of(id, fact, correction), "it will not come (expunge correct --as-indexed)");
    }
  }

  static archive::LostWord word_of(const std::string& id, const audit::OrderChange& order) {
    return {id, "order",
            fmt::format("the log says that it was ordered to be destroyed (ground {}, authority "
                        "{}), and the index did not know: give that order again, when no hold "
                        "covers it, or withdraw it (expunge destroy)",
                        base::printable(order.ground), base::printable(order.authority)),
            order.ground + " " + order.authority};
  }

  /// By whatever name; one that was put right has a department.
  [[nodiscard]] bool is_of(const archive::Recording& recording, const std::string& name) const {
    if (name.empty() || recording.department == name) return true;
    const policy::Department* department = with_.schedule.find(name);
    return department != nullptr && department == with_.schedule.find(recording.department);
  }

  [[nodiscard]] std::optional<base::CivilDate> civil_date(
      const archive::Recording& recording) const {
    if (!recording.recorded_at) return std::nullopt;
    return with_.schedule.time_zone.civil_date(*recording.recorded_at);
  }

  /// As `correct` reads a day alone.
  [[nodiscard]] std::chrono::sys_seconds last_second(base::CivilDate day) const {
    return with_.schedule.time_zone.latest_instant(
        {day, std::chrono::days{1} - std::chrono::seconds{1}});
  }

  const Compared& with_;
  archive::Index::Writing& writing_;
  bool is_behind_;
  LostWords found_;
};

}  // namespace

LostWords settle_lost_words(const Compared& compared, archive::Index::Writing& writing,
                            bool is_behind) {
  Settling settling(compared, writing, is_behind);
  for (const auto& [id, words] : words_since(compared)) settling.take(id, words);
  return settling.found();
}

}  // namespace expunge::run

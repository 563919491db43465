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

WordsById words_since(const Tools& tools) {
  WordsById last;
  audit::for_each_entry(
      tools.root.sys(), tools.log_place, tools.index.reconciled_size(),
      [&](const audit::EntryView& entry) {
        if (entry.type.starts_with("order")) {
          const std::string id(audit::recording_of(entry));
          last[id].order = {entry.type == "order.withdraw", id, audit::text_of(entry, "ground"),
                            audit::text_of(entry, "authority"), ""};
        } else if (entry.type == "correct") {
          const std::string id(audit::recording_of(entry));
          last[id].corrections[audit::text_of(entry, "fact")] = {
              audit::text_of(entry, "department"),
              base::parse_date(audit::text_of(entry, "recorded")),
              audit::text_of(entry, "authority")};
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
  Settling(Tools& tools, archive::Index::Writing& writing, bool is_behind)
      : tools_(tools), writing_(writing), is_behind_(is_behind) {}

  void take(const std::string& id, const Words& words) {
    const auto recording = tools_.index.find(id);
    if (!recording) {
      if (is_behind_ && !tools_.index.history(id)) say_unheard_of(id, words);
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
    ++tools_.tally.lost_words;
    note(tools_.tally, id, text);
  }

  void take_order(const archive::Recording& recording, const audit::OrderChange& order) {
    const std::string words = fmt::format("ground {}, authority {}", base::printable(order.ground),
                                          base::printable(order.authority));
    const auto& known = recording.order;
    if (known && !order.withdrawn && known->ground == order.ground &&
        known->authority == order.authority) {
      return;
    }
    if (known || (order.withdrawn && tools_.index.is_contradicted(recording.key, "order"))) {
      found_.changed = true;
      writing_.withdraw_order(recording.key);
      say(recording.id,
          "the log says that the order to destroy it that the index has was withdrawn, and the "
          "index did not know: withdrawn again");
    }
    if (!order.withdrawn) {
      contradict(recording, "order",
                 "the log says that it was ordered to be destroyed (" + words +
                     "), and the index did not know",
                 order.ground + " " + order.authority,
                 "give that order again if it is still meant (expunge destroy), or withdraw it "
                 "(expunge destroy --withdraw)");
    }
  }

  /// One that was given again after that stands.
  void take_withdrawal(const archive::Recording& recording, base::Time withdrawn_at) {
    const auto given = tools_.index.acknowledgement(recording.key);
    if (!given || given->acknowledged_at > withdrawn_at) return;
    found_.changed = true;
    writing_.withdraw_acknowledgement(recording.key);
    say(recording.id,
        "the log says that the acknowledgement of it was withdrawn, and the index did not know: "
        "withdrawn again");
  }

  void take_correction(const archive::Recording& recording, const std::string& fact,
                       const Correction& correction) {
    const std::string by = base::printable(correction.authority);
    const std::string ask = "put it right again (expunge correct)";
    if (fact == "department" && !is_of(recording, correction.department)) {
      ++found_.corrections;
      contradict(
          recording, fact,
          fmt::format("department was {}, the log says {} (put right, authority {}), and the "
                      "index did not know",
                      recording.department, correction.department, by),
          correction.department, ask);
    } else if (fact == "recorded_at" && correction.recorded &&
               civil_date(recording) != correction.recorded) {
      ++found_.corrections;
      contradict(recording, fact,
                 fmt::format("recorded_at was {}, the log says {} (put right, authority {}), and "
                             "the index did not know",
                             recording.recorded_at ? base::to_text(*recording.recorded_at) : "none",
                             base::to_text(*correction.recorded), by),
                 base::to_text(last_second(*correction.recorded)), ask);
    } else if (fact == "subject" || fact == "agent" || fact == "call_id") {
      ++found_.corrections;
      contradict(recording, fact,
                 fmt::format("{} is perhaps another: the log says that it was put right (authority "
                             "{}), and the index may not know",
                             fact == "call_id" ? "call" : fact, by),
                 "", ask + ", or say that the index is right (--as-indexed)");
    }
  }

  void contradict(const archive::Recording& recording, std::string_view fact,
                  const std::string& words, std::string_view says, const std::string& what_to_do) {
    found_.changed = true;
    writing_.contradict_by_log(recording.key, fact, words, says);
    say(recording.id, words + ": it is kept; " + what_to_do);
  }

  /// Nothing can be kept of it, and an import may bring it again, as its source has it.
  void say_unheard_of(const std::string& id, const Words& words) {
    const bool ordered = words.order && !words.order->withdrawn;
    if (!ordered && words.corrections.empty()) return;
    found_.corrections += words.corrections.size();
    say(id, fmt::format("the log says that it was {}, and the index has no such recording: if it "
                        "is imported again, repeat that (expunge explain)",
                        !ordered                    ? "put right"
                        : words.corrections.empty() ? "ordered to be destroyed"
                                                    : "put right, and ordered to be destroyed"));
  }

  /// By whatever name; one that was put right has a department.
  [[nodiscard]] bool is_of(const archive::Recording& recording, const std::string& name) const {
    if (name.empty() || recording.department == name) return true;
    const policy::Department* department = tools_.schedule.find(name);
    return department != nullptr && department == tools_.schedule.find(recording.department);
  }

  [[nodiscard]] std::optional<base::CivilDate> civil_date(
      const archive::Recording& recording) const {
    if (!recording.recorded_at) return std::nullopt;
    return tools_.schedule.time_zone.civil_date(*recording.recorded_at);
  }

  /// As `correct` reads a day alone.
  [[nodiscard]] std::chrono::sys_seconds last_second(base::CivilDate day) const {
    return tools_.schedule.time_zone.latest_instant(
        {day, std::chrono::days{1} - std::chrono::seconds{1}});
  }

  Tools& tools_;
  archive::Index::Writing& writing_;
  bool is_behind_;
  LostWords found_;
};

}  // namespace

LostWords settle_lost_words(Tools& tools, archive::Index::Writing& writing, bool is_behind) {
  Settling settling(tools, writing, is_behind);
  for (const auto& [id, words] : words_since(tools)) settling.take(id, words);
  return settling.found();
}

}  // namespace expunge::run

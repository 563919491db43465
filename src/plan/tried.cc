// Of what is past its day and runs refused: what a person is told, and what can be done.

#include <fmt/format.h>

#include "plan/decision.h"
#include "shred/refusal.h"

namespace expunge::plan {
namespace {

/// Of one code the words say why, and behind the semicolon what can be done.
std::pair<std::string_view, std::string_view> words_of(std::string_view reason) {
  const std::string_view words = shred::words_of(reason);
  const auto at = words.find("; ");
  if (at == std::string_view::npos) return {words, {}};
  return {words.substr(0, at), words.substr(at + 2)};
}

bool is_of_content(std::string_view reason) {
  return reason == "size-differs" || reason == "content-differs";
}

constexpr std::string_view kSeeWhetherSame =
    "see whether it is the same recording. If it is, and the file is right as it is on disk: "
    "expunge correct ID --as-found --authority REFERENCE. If it is not, put back the file that was "
    "imported.";

constexpr std::string_view kSettleForHold =
    "settle its date or its department (expunge explain ID says what is in doubt, and expunge "
    "correct ID puts it right), or release the hold if it has ended and is not "
    "released yet: it is kept until then";

/// Of what needs attention and was ordered to be destroyed: what settling it comes to.
std::string_view what_of_order(const archive::Recording& recording) {
  if (!recording.order) return "";
  return is_order_of_another_ground(recording)
             ? ". The order that it has is of another ground: take that back first (expunge "
               "destroy ID --withdraw)"
             : ". Then its order makes it due, whatever its date: expunge destroy ID --withdraw "
               "takes that back";
}

constexpr std::string_view kFindOutWho =
    "find out who moved or deleted it (expunge explain ID names the files), and put it back under "
    "its path";
constexpr std::string_view kNoRunLooks =
    "No run looks for it before it is due and nothing holds it (expunge check --index does), so "
    "that this is told until, when it is back, somebody says so: expunge correct ID --as-found "
    "--authority REFERENCE";

}  // namespace

void note_tried(Decision& decision, const archive::Recording& recording,
                const audit::TriedRecordings& tried) {
  const bool is_past_its_day =
      decision.verdict == Verdict::due || decision.verdict == Verdict::held;
  if (!is_past_its_day || tried.empty()) return;
  const auto found = tried.find(recording.id);
  if (found != tried.end()) decision.tried = &found->second;
}

std::string why_refused(const std::string& reason) {
  const std::string_view why = words_of(reason).first;
  return why.empty() ? reason : fmt::format("{} ({})", why, reason);
}

std::string tried_text(const audit::Tried& tried) {
  const std::string since = base::to_text(tried.since).substr(0, 10);
  const std::string last = base::to_text(tried.last).substr(0, 10);
  const std::string why = why_refused(tried.reason);
  if (since == last) return fmt::format("tried on {}, and not destroyed: {}", since, why);
  return fmt::format("tried since {}, the last time on {}, and not destroyed: {}", since, last,
                     why);
}

std::string remedy_of_refusal(const std::string& reason) {
  if (reason == "open-elsewhere") {
    return "find out which program has it open, as root on the machine where that runs (fuser -v "
           "FILE; expunge explain ID names the file), and close it there; the next run tries again";
  }
  if (is_of_content(reason))
    return std::string(kSeeWhetherSame) + " Each run refuses it until then";
  const std::string_view what = words_of(reason).second;
  if (what.empty()) return "see what the run said of it: expunge explain ID";
  const bool says_next = what.find("next run") != std::string_view::npos;
  return std::string(what) + (says_next ? "" : "; the next run tries again");
}

std::string remedy_of_refusal_held(const std::string& reason) {
  if (is_of_content(reason)) {
    return fmt::format(
        "what is on disk is not what was imported, and somebody may ask for it: {} No run tries it "
        "while it is held",
        kSeeWhetherSame);
  }
  return "no run tries it while it is held. For when that has ended: " + remedy_of_refusal(reason);
}

std::string remedy_of_missing_file() {
  return fmt::format(
      "{}: each run looks again, and destroys what it finds. If it is gone for good, and somebody "
      "knows why, leave that aside for a time: expunge acknowledge ID --until DATE --reason TEXT",
      kFindOutWho);
}

std::string remedy_of_missing_file_not_due() {
  return fmt::format(
      "{}: somebody may ask for it. {}. If it is gone for good and somebody knows why, leave that "
      "aside for a time: expunge acknowledge ID --until DATE --reason TEXT",
      kFindOutWho, kNoRunLooks);
}

std::string remedy(const Decision& decision, const archive::Recording& recording) {
  if (decision.perhaps_held_by != nullptr && decision.verdict == Verdict::attention) {
    return remedy_of_perhaps_held(*decision.perhaps_held_by).append(what_of_order(recording));
  }
  if (decision.verdict == Verdict::attention) {
    return std::string(remedy(decision.cause)).append(what_of_order(recording));
  }
  if (decision.is_perhaps_held) return std::string(kSettleForHold);
  if (decision.tried != nullptr) {
    const std::string& why = decision.tried->reason;
    return decision.verdict == Verdict::held ? remedy_of_refusal_held(why) : remedy_of_refusal(why);
  }
  if (!recording.missing_seq) return "";
  const bool is_due = decision.verdict == Verdict::due;
  if (!decision.acknowledged_until) {
    return is_due ? remedy_of_missing_file() : remedy_of_missing_file_not_due();
  }
  return is_due ? fmt::format("{}: each run looks again, and destroys what it finds", kFindOutWho)
                : fmt::format("{}: somebody may ask for it. {}", kFindOutWho, kNoRunLooks);
}

}  // namespace expunge::plan

#include "report/hold_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "policy/hold_kind.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

std::string day_of(base::Time time) {
  return base::to_text(time).substr(0, 10);
}

const char* state_code(const archive::Hold& hold, base::CivilDate today) {
  if (!hold.in_force_on(today)) return "ended";
  if (hold.awaits_confirmation()) return "unconfirmed";
  return hold.effective_on ? "ending" : "in-force";
}

Json null_or(const std::optional<base::CivilDate>& date) {
  return date ? Json(base::to_text(*date)) : Json(nullptr);
}

Json null_or(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const ListedHold& listed, base::CivilDate today) {
  const archive::Hold& hold = listed.hold;
  Json json;
  json["reference"] = hold.reference;
  json["kind"] = hold.kind;
  json["state"] = state_code(hold, today);
  json["placed"] = base::to_text(hold.placed_at);
  json["user"] = hold.user;
  json["review"] = base::to_text(listed.review);
  json["overdue"] = listed.overdue;
  json["covers"] = listed.covered;
  json["stale"] = listed.stale;
  json["released"] = hold.released_at ? Json(base::to_text(*hold.released_at)) : Json(nullptr);
  json["release_user"] = null_or(hold.release_user);
  json["confirm_user"] = null_or(hold.confirm_user);
  json["effective"] = null_or(hold.effective_on);
  return json;
}

std::string scope_text(const archive::HoldScope& scope) {
  std::string text;
  const auto add = [&text](const char* what, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + fmt::format("{} {}", what, value);
  };
  add("recording", base::printable(scope.recording_id));
  add("subject", base::printable(scope.subject_key));
  add("agent", base::printable(scope.agent_key));
  add("department", base::printable(scope.department));
  if (scope.from) add("from", base::to_text(*scope.from));
  if (scope.to) add("to", base::to_text(*scope.to));
  return scope.everything || text.empty() ? "everything" : text;
}

std::string because(const std::string& reason) {
  return reason.empty() ? "" : ": " + base::printable(reason);
}

}  // namespace

base::CivilDate last_day_of_hold(base::CivilDate effective_on) {
  return std::chrono::sys_days{effective_on} - std::chrono::days{1};
}

std::string hold_state(const archive::Hold& hold, base::CivilDate today) {
  if (!hold.in_force_on(today)) {
    return "ended; not in force since " + base::to_text(*hold.effective_on);
  }
  if (hold.awaits_confirmation()) return "in force; its release awaits confirmation";
  if (!hold.effective_on) return "in force";
  return "released, in force through " + base::to_text(last_day_of_hold(*hold.effective_on));
}

std::string hold_table(const std::vector<ListedHold>& holds, base::CivilDate today) {
  std::string text;
  for (const ListedHold& listed : holds) {
    const archive::Hold& hold = listed.hold;
    text +=
        fmt::format("{:24}  {:11}  placed {} by {}  ", base::printable(hold.reference),
                    base::printable(hold.kind), day_of(hold.placed_at), base::printable(hold.user));
    if (listed.in_force) {
      text += fmt::format("covers {}{}  ", base::grouped(listed.covered),
                          listed.stale                           ? " (stale)"
                          : listed.is_new && listed.covered == 0 ? " so far"
                                                                 : "");
      if (!hold.effective_on) {
        text += fmt::format("review {}{}  ", base::to_text(listed.review),
                            listed.overdue ? " (OVERDUE)" : "");
      }
    }
    text += hold_state(hold, today) + "\n";
  }
  return text;
}

std::string hold_json(const std::vector<ListedHold>& holds, base::CivilDate today) {
  Json json;
  json["format"] = "expunge-holds/1";
  json["today"] = base::to_text(today);
  std::uint64_t overdue = 0;
  std::uint64_t stale = 0;
  json["holds"] = Json::array();
  for (const ListedHold& listed : holds) {
    json["holds"].push_back(json_of(listed, today));
    overdue += listed.overdue ? 1 : 0;
    stale += listed.stale ? 1 : 0;
  }
  json["overdue"] = overdue;
  json["stale"] = stale;
  // The index may hold what somebody else wrote.
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string hold_page(const ListedHold& listed, base::CivilDate today) {
  const archive::Hold& hold = listed.hold;
  const policy::HoldKind* kind = policy::find_hold_kind(hold.kind);
  std::string text = fmt::format(
      "Hold {} ({})\n  kind      {}\n  state     {}\n  placed    {} by {}{}\n", hold.reference,
      base::printable(hold.kind), kind == nullptr ? base::printable(hold.kind) : kind->words,
      hold_state(hold, today), base::to_text(hold.placed_at), base::printable(hold.user),
      because(hold.reason));
  for (const archive::HoldReview& review : hold.reviews) {
    text += fmt::format("  reviewed  {} by {}, until {}{}\n", base::to_text(review.at),
                        base::printable(review.user), base::to_text(review.until),
                        because(review.reason));
  }
  if (hold.released_at) {
    text += fmt::format("  released  {} by {}{}\n", base::to_text(*hold.released_at),
                        base::printable(hold.release_user), because(hold.release_reason));
  }
  if (hold.confirmed_at) {
    text += fmt::format("  confirmed {} by {}\n", base::to_text(*hold.confirmed_at),
                        base::printable(hold.confirm_user));
  }
  if (listed.in_force && !hold.effective_on) {
    text += fmt::format("  review    {}{}\n", base::to_text(listed.review),
                        listed.overdue ? " (OVERDUE)" : "");
  }
  return text + scopes_text(hold);
}

std::string scopes_text(const archive::Hold& hold) {
  if (hold.scopes.empty()) return "  covers    (erased when it ended, as are the reasons)\n";
  std::string text;
  for (const archive::HoldScope& scope : hold.scopes) {
    text += "  covers    " + scope_text(scope) + "\n";
  }
  return text;
}

std::string coverage_text(const plan::Coverage& coverage, const std::string& reference,
                          bool run_is_on) {
  std::string text = fmt::format("Recordings covered now: {}", base::grouped(coverage.covered));
  const auto part = [&text](const char* what, std::uint64_t count) {
    if (count > 0) text += fmt::format("; {}: {}", what, base::grouped(count));
  };
  part("past their period today", coverage.covered_due);
  part("ordered to be destroyed, and kept as long as it is in force", coverage.ordered);
  part("without a date, so that they may be of the days it names", coverage.undated);
  part("only as other segments of a call that matches", coverage.through_call);
  text += ". What is imported later and matches is covered too.\n";
  if (coverage.without_file > 0) {
    text += fmt::format(
        "Of these, with a file missing when a run last looked for it: {}. A hold brings back no "
        "file: find out where it is; expunge hold show {} --recordings marks them.\n",
        base::grouped(coverage.without_file), reference);
  }
  if (coverage.begun > 0 && run_is_on) {
    text += fmt::format(
        "Of these, begun on by the run that is on: {}. It may have destroyed them before it sees "
        "the hold; once it has ended, expunge hold show {} says what is left.\n",
        base::grouped(coverage.begun), reference);
  } else if (coverage.begun > 0) {
    text +=
        fmt::format("Of these, begun on by a run before this: {}; what is overwritten is lost.\n",
                    base::grouped(coverage.begun));
  }
  if (coverage.in_part > 0) {
    text += fmt::format(
        "Of these, overwritten or removed in part, if not wholly, before: {}; expunge explain says "
        "of each what is left, and expunge hold show {} --recordings marks them.\n",
        base::grouped(coverage.in_part), reference);
  }
  if (coverage.destroyed > 0) {
    text +=
        coverage.destroyed_is_bound
            ? fmt::format(
                  "Destroyed before the hold was placed, of the department and days that it names, "
                  "or of all where it names none: {}; whether any of these was meant nobody can "
                  "tell, because the index forgets whose call it was when a recording is "
                  "destroyed.\n",
                  base::grouped(coverage.destroyed))
            : fmt::format("Matching and destroyed already: {}.\n",
                          base::grouped(coverage.destroyed));
  }
  const auto without = [&](const char* what, std::uint64_t count) {
    if (count == 0) return;
    text += fmt::format(
        "Not covered, having no {0} to match, though the rest fits: {1}. Listen to them, and hold "
        "those that are meant by id; expunge hold show {2} --unmatched lists them.\n",
        what, base::grouped(count), reference);
  };
  without("subject", coverage.without_subject);
  without("agent", coverage.without_agent);
  if (coverage.in_doubt > 0) {
    text += fmt::format(
        "Not covered, though it may be meant, because whose call it is, its date or its department "
        "is in doubt: {}. Until a person settles that it is kept: "
        "it needs attention in the plan, or will from its due day on; expunge hold show {} "
        "--unmatched lists them.\n",
        base::grouped(coverage.in_doubt), reference);
  }
  if (coverage.call_in_doubt > 0) {
    text += fmt::format(
        "Of these, for another of its call alone: {}. What that is so of is kept only as long as "
        "the hold is in force.\n",
        base::grouped(coverage.call_in_doubt));
  }
  return text;
}

std::string match_line(const archive::Recording& recording, plan::Verdict verdict,
                       plan::Match match) {
  const auto line = [&](const std::string& what) {
    return base::printable(recording.id) + "  " + what;
  };
  std::string part;
  if (recording.state == archive::State::partial) {
    part = "; a part of it, if not all, is overwritten or removed already";
  }
  if (recording.missing_seq) part += "; one of its files was missing when a run last looked for it";
  switch (match) {
    case plan::Match::itself:
      break;
    case plan::Match::through_call:
      return line(std::string(plan::to_text(verdict)) + ", through its call" + part);
    case plan::Match::as_ordered:
      return line(std::string(plan::to_text(verdict)) +
                  ", as it is ordered to be destroyed and its date or its department is in doubt" +
                  part);
    case plan::Match::without_subject:
      return line("not covered: no subject to match");
    case plan::Match::without_agent:
      return line("not covered: no agent to match");
    case plan::Match::in_doubt:
      return line("not covered: whose call it is, its date or its department is in doubt");
    case plan::Match::call_in_doubt:
      return line(
          "not covered: perhaps a segment of a call that it means; expunge explain says why");
  }
  return line(std::string(plan::to_text(verdict)) + part);
}

std::string coverage_table(const plan::Coverage& coverage) {
  std::string text;
  for (const auto& [department, verdicts] : coverage.by_department) {
    std::string counts;
    for (const auto verdict :
         {plan::Verdict::attention, plan::Verdict::kept, plan::Verdict::held}) {
      const auto found = verdicts.find(verdict);
      if (found == verdicts.end()) continue;
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", plan::to_text(verdict),
                            base::grouped(found->second.recordings));
    }
    text += fmt::format("  {:24}  {}\n", base::printable(department), counts);
  }
  return text;
}

}  // namespace expunge::report

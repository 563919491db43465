#include "cli/sought.h"

#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "intake/path_rule.h"
#include "plan/plan.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// How to find what was destroyed, where the index has forgotten what was asked by.
constexpr std::string_view kDestroyed =
    "a destroyed recording can only be found by its id; for what was destroyed, expunge log "
    "certificate --department NAME --recorded DATE answers for a day";

std::string beneath_root(const Desk& desk, const std::string& path) {
  const std::string& root = desk.config().archive_root;
  std::string below = path;
  if (path.starts_with('/')) {
    const auto found = intake::beneath(root, path);
    if (!found) {
      throw Failure(ExitStatus::usage,
                    fmt::format("explain: {} is not beneath the archive's root, {}",
                                base::printable(path), base::printable(root)));
    }
    return *found;
  }
  // As an import makes it; what it refuses cannot be there.
  if (intake::place_relative({{}, root, ""}, below)) return path;
  return below;
}

void print_line(const std::string& id, std::string_view department,
                std::optional<base::CivilDate> recorded_on, std::string_view became) {
  const bool dated = recorded_on && *recorded_on != base::kUnknownDate;
  std::cout << fmt::format("{}  {}  {}  {}\n", base::printable(id),
                           department.empty() ? "no department" : base::printable(department),
                           dated ? base::to_text(*recorded_on) : "no date", became);
}

void print_live(const plan::Decider& decider, const archive::Recording& recording) {
  const plan::Decision decision = decider.decide(recording);
  print_line(recording.id, department_of(decision, recording), decision.recorded_on,
             plan::to_text(decision.verdict));
}

void print_gone(const policy::RetentionSchedule& schedule, const archive::RecordingHistory& gone) {
  print_line(gone.id, schedule.name_of(gone.department), gone.recorded_on,
             gone.state == archive::State::removed ? "removed" : "destroyed");
}

}  // namespace

std::vector<std::string> ids_by_path(const Desk& desk, const std::string& path) {
  auto file = desk.index().file_at(path);
  if (!file) file = desk.index().file_at(beneath_root(desk, path));
  if (file) return {file->recording_id};
  throw Failure(
      ExitStatus::usage,
      fmt::format("the index knows no file '{}' beneath {}; it forgets the paths of what "
                  "is destroyed; {}",
                  base::printable(path), base::printable(desk.config().archive_root), kDestroyed));
}

std::vector<std::string> ids_by_source(const Desk& desk, const std::string& source) {
  auto ids = desk.index().ids_of_source(source);
  if (!ids.empty()) return ids;
  throw Failure(ExitStatus::usage,
                fmt::format("the index knows no recording that the recorder calls '{}'; the key "
                            "must be whole, as explain ID prints it",
                            base::printable(source)));
}

void print_recordings(const Desk& desk, const std::vector<std::string>& ids, base::CivilDate day) {
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day,
                              plan::acknowledgements(desk.index()));
  for (const std::string& id : ids) {
    if (const auto recording = desk.index().find(id)) {
      print_live(decider, *recording);
    } else if (const auto gone = desk.index().history(id)) {
      print_gone(desk.config().schedule, *gone);
    }
  }
}

void print_recordings_of(const Desk& desk, const std::string& subject, base::CivilDate day) {
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day,
                              plan::acknowledgements(desk.index()));
  bool any = false;
  plan::KeySet printed;  // one may have both forms of a number
  for (const std::string& key : archive::subject_forms(archive::subject_key(subject))) {
    desk.index().scan_subject(key, [&](const archive::Recording& one) {
      if (!printed.contains(one.key)) print_live(decider, one);
      printed.insert(one.key);
      any = true;
      return static_cast<bool>(std::cout);
    });
    // Whose it is, is to be settled; until then it may be this one's.
    for (const std::int64_t said : desk.index().said_of("subject", key)) {
      const auto one = desk.index().find(said);
      if (!one || printed.contains(said)) continue;
      print_live(decider, *one);
      printed.insert(said);
      any = true;
    }
  }
  if (any) {
    return message("note: what is destroyed is not listed, as its number is erased; " +
                       std::string(kDestroyed),
                   Level::info);
  }
  throw Failure(ExitStatus::usage,
                "the index has no recording of this subject; it forgets the subjects of what is "
                "destroyed; " +
                    std::string(kDestroyed));
}

}  // namespace expunge::cli

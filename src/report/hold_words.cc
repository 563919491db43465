// What letters say of the orders to keep a recording.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/story_parts.h"

namespace expunge::report {
namespace {

/// That orders which have ended, at least one, can have kept it; `when` begins the sentence.
std::string others_ended_text(const char* when, std::size_t count) {
  return fmt::format(
      "{} {} in force that {} ended; whether {} this one is not known, since nothing is kept of "
      "what an ended order was for. ",
      when, count == 1 ? "an order to keep recordings was" : "orders to keep recordings were",
      count == 1 ? "has" : "have", count == 1 ? "it was for" : "one of them was for");
}

}  // namespace

std::optional<base::CivilDate> kept_through(const std::vector<const archive::Hold*>& holds) {
  std::optional<std::chrono::sys_days> end;
  for (const archive::Hold* const hold : holds) {
    if (!hold->effective_on) return std::nullopt;
    end = std::max(end.value_or(std::chrono::sys_days{*hold->effective_on}),
                   std::chrono::sys_days{*hold->effective_on});
  }
  if (!end) return std::nullopt;
  return base::CivilDate{*end - std::chrono::days{1}};
}

base::CivilDate placed_on(const std::vector<const archive::Hold*>& holds) {
  const auto earliest =
      std::min_element(holds.begin(), holds.end(),
                       [](const auto* a, const auto* b) { return a->placed_at < b->placed_at; });
  return base::CivilDate{std::chrono::floor<std::chrono::days>((*earliest)->placed_at)};
}

std::string since_text(const std::vector<const archive::Hold*>& holds, const char* to_keep) {
  const bool one = holds.size() == 1;
  return fmt::format("{}{} to keep it {} in force{} since {}. ", to_keep,
                     one ? "one order" : base::grouped(holds.size()) + " orders",
                     one ? "is" : "are", one ? "" : ", the earliest", day_text(placed_on(holds)));
}

std::string in_force_text(const std::vector<const archive::Hold*>& holds) {
  return holds.size() == 1
             ? fmt::format("An order to keep it is in force since {}. ", day_text(placed_on(holds)))
             : fmt::format("Orders to keep it are in force: {}, the earliest since {}. ",
                           base::grouped(holds.size()), day_text(placed_on(holds)));
}

std::string after_ended_text(const std::vector<const archive::Hold*>& ended,
                             const std::vector<const archive::Hold*>& holds,
                             const std::optional<base::CivilDate>& due) {
  const base::CivilDate first = std::min(placed_on(ended), placed_on(holds));
  const std::string lead =
      due && *due <= first
          ? fmt::format(
                "It had not been destroyed when, on {}, an order to keep it came into "
                "force. Since then it is kept by order: ",
                day_text(first))
          : "It is kept longer, by order: ";
  return since_text(holds,
                    fmt::format("{}through {} by {}; and ", lead, day_text(*kept_through(ended)),
                                ended.size() == 1 ? "one that has ended" : "others that have ended")
                        .c_str());
}

std::string came_later_text(const std::vector<const archive::Hold*>& holds,
                            std::size_t others_ended) {
  const bool one = holds.size() == 1;
  return fmt::format(
      "It had not been destroyed when, on {}, {} to keep it came into force; since then it is kept "
      "by {}. {}",
      day_text(placed_on(holds)),
      one ? "an order" : "the earliest of " + base::grouped(holds.size()) + " orders",
      one ? "that order" : "order",
      others_ended > 0 ? others_ended_text("Before that, and after it was due,", others_ended)
                       : "");
}

std::string until_ended_text(const std::vector<const archive::Hold*>& ended, base::CivilDate due,
                             std::size_t others_ended, bool is_there) {
  if (ended.empty())
    return others_ended > 0 ? others_ended_text("Since it was due,", others_ended) : "";
  const std::string when = fmt::format(
      "{}hrough {}", due < placed_on(ended) ? "From " + day_text(placed_on(ended)) + " t" : "T",
      day_text(*kept_through(ended)));
  if (is_there) return when + " it was kept by order. ";
  return fmt::format("{}, {} to keep it {} in force that {} ended. ", when,
                     ended.size() == 1 ? "an order" : "orders", ended.size() == 1 ? "was" : "were",
                     ended.size() == 1 ? "has" : "have");
}

std::string withdrawn_text(const std::vector<const archive::Hold*>& holds,
                           base::CivilDate through) {
  const base::CivilDate from{std::chrono::sys_days{through} + std::chrono::days{1}};
  const bool same = std::all_of(holds.begin(), holds.end(), [&](const archive::Hold* hold) {
    return hold->effective_on == from;
  });
  return fmt::format("{} been withdrawn{} with effect from {}",
                     holds.size() == 1   ? "That order has"
                     : holds.size() == 2 ? "Both have"
                                         : "All of them have",
                     same ? "" : ", the last of them", day_text(from));
}

}  // namespace expunge::report

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "cli/carry_out.h"
#include "cli/options.h"
#include "cli/order_judge.h"
#include "plan/plan.h"
#include "run/remember.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr const char* kUntouched = "destroy: nothing was ordered, and nothing touched";

/// What was asked for, checked as far as it can be without the index.
struct Wish {
  std::vector<std::string> ids;  ///< each once
  archive::Order order;          ///< its day and user left aside
};

std::vector<std::string> ids_of(const Options& options) {
  std::vector<std::string> ids = options.list("id");
  if (ids.empty()) options.refuse("ID is missing");
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Wish wish_of(const Options& options) {
  Wish wish{ids_of(options), {}};
  wish.order.ground = options.required("ground");
  const auto& grounds = archive::kGrounds;
  if (std::find(grounds.begin(), grounds.end(), wish.order.ground) == grounds.end()) {
    options.refuse("--ground '" + base::printable(wish.order.ground) +
                   "' is none of erasure, payment-data, returned, order");
  }
  wish.order.authority = options.required("authority");
  if (!is_reference(wish.order.authority)) {
    options.refuse(
        "--authority takes 1 to 64 letters, digits, '-', '/' and '.': it goes into the "
        "log");
  }
  return wish;
}

/// Throws Failure(usage) when one cannot go, after saying why of each.
void look_at_all(OrderJudge& judge, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) judge.look_at(id);
  if (judge.refusals().empty()) return;
  for (const std::string& refusal : judge.refusals()) message(refusal);
  throw Failure(ExitStatus::usage, kUntouched);
}

/// Whoever answers anything else changes nothing.
bool is_meant(const OrderJudge& judge, const Wish& wish) {
  std::cout << fmt::format("To be destroyed for good, ground {}, authority {}:\n",
                           wish.order.ground, wish.order.authority);
  for (const std::string& line : judge.lines()) std::cout << line << "\n";
  std::cout << fmt::format("Recordings: {}. Type destroy to go on: ",
                           base::grouped(judge.lines().size()))
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return base::trim(answer) == "destroy";
}

/// All in one transaction, and logged before it counts: a crash before the commit leaves orders, or
/// withdrawals, that are logged and do not count; no run goes on by the index until somebody looks.
void log_and_commit(Desk& desk, audit::LogWriter& log, archive::Index::Writing& writing,
                    const std::vector<audit::Draft>& drafts) {
  log.append(drafts, desk.now());
  writing.count_imports(drafts.size());
  run::remember(writing, log);
  writing.commit();
}

/// Durable when it returns, before anything is touched: whatever comes in between, the next run
/// knows. Returns the recordings.
plan::KeySet place(Desk& desk, const Wish& wish) {
  audit::LogWriter log = desk.log_writer();
  archive::Index::Writing writing(desk.index());
  // Under the write lock: no hold can come in between.
  const LogAhead ahead(desk, log.facts());
  OrderJudge judge(desk, ahead, wish.order);
  look_at_all(judge, wish.ids);
  std::vector<audit::Draft> drafts;
  for (const std::int64_t key : judge.fresh()) {
    writing.order(key, wish.order);
    drafts.push_back(
        audit::to_draft(audit::OrderChange{false, desk.index().find(key)->id, wish.order.ground,
                                           wish.order.authority, wish.order.user}));
  }
  if (!drafts.empty()) log_and_commit(desk, log, writing, drafts);
  return judge.keys();
}

/// Why the run could not destroy what is due still, as far as it is known.
std::string why_it_stays(const run::Report& report, const archive::Recording& recording) {
  if (report.outcome == run::Outcome::braked) {
    std::string names;
    for (const plan::Brake& brake : report.brakes) {
      names += (names.empty() ? "" : ", ") + brake.name;
    }
    return fmt::format("the run did not begin, because {} on: {}",
                       report.brakes.size() == 1 ? "a brake is" : "brakes are", names);
  }
  // The last thing that was said of it is what stopped it.
  const auto& notices = report.tally.notices;
  const auto said = std::find_if(notices.rbegin(), notices.rend(), [&](const run::Notice& notice) {
    return notice.recording == recording.id;
  });
  if (said != notices.rend()) return "the run could not: " + said->text;
  if (recording.missing_seq) {
    return fmt::format("the run could not: one of its files is missing still (log entry {})",
                       *recording.missing_seq);
  }
  if (report.waits_for_corrections)
    return "lost corrections are to be settled first, as said above";
  if (report.outcome == run::Outcome::stopped) return "the run was stopped before it came to it";
  if (report.outcome == run::Outcome::failed) {
    return "the run failed: " + base::one_line(report.failure);
  }
  if (report.waiting > 0) return "it waits for an approval, as said above";
  return "the run could not, as said above";
}

/// Says of each that is still there why; whether any is.
bool say_what_stays(Desk& desk, const std::vector<std::string>& ids, const run::Report& report) {
  const plan::HoldMatcher holds = desk.hold_matcher(desk.today());
  const plan::Decider decider(desk.config().schedule, holds, desk.today());
  bool any = false;
  for (const std::string& id : ids) {
    const auto recording = desk.index().find(id);
    if (!recording) continue;
    any = true;
    const plan::Decision decision = decider.decide(*recording);
    message(fmt::format("{} is not destroyed: {}", base::printable(id),
                        decision.verdict == plan::Verdict::due
                            ? why_it_stays(report, *recording)
                            : plan::reason(decision, *recording)));
  }
  return any;
}

constexpr const char* kStands =
    "the order stands, and each run tries again; expunge destroy --withdraw takes it back";

ExitStatus destroy_now(Desk& desk, const Invocation& call, const Wish& wish,
                       const plan::KeySet& keys, run::Request request) {
  request.only = &keys;
  try {
    const Carried carried = carry_out(desk, call.global, std::move(request), Timings::no);
    const bool stays = say_what_stays(desk, wish.ids, carried.report);
    if (stays) message(std::string(kStands));
    const ExitStatus status =
        stays && carried.status() == ExitStatus::done ? ExitStatus::needs_person : carried.status();
    tell_of_run(carried.report, status);
    return status;
  } catch (const Failure& failure) {
    tell_of_no_run(failure.status());
    throw Failure(failure.status(), std::string(failure.what()) + "; " + kStands);
  }
}

/// Takes back what can be, or says why not.
class Withdrawal {
 public:
  /// `by_log`: what stands in the log in use.
  Withdrawal(const Desk& desk, archive::Index::Writing& writing, const LogAhead& ahead,
             const StandingOrders& by_log)
      : desk_(desk),
        writing_(writing),
        ahead_(ahead),
        by_log_(by_log),
        begun_(plan::in_journal(desk.index())) {}

  void take(const std::string& id) {
    const auto recording = desk_.index().find(id);
    const auto order = order_on(id, recording);
    if (!order) return refuse(id, "there is no order to destroy it");
    if (const auto gone = ahead_.why_gone(id)) return refuse(id, *gone);
    if (recording && begun_.contains(recording->key)) {
      return refuse(id, "a run has begun on it, and the next one finishes it; a hold stops that");
    }
    if (recording) {
      writing_.withdraw_order(recording->key);
    } else {
      writing_.forget_lost_word(id, "order");
    }
    drafts_.push_back(audit::to_draft(*order));
  }

  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }
  [[nodiscard]] const std::vector<audit::Draft>& drafts() const { return drafts_; }

 private:
  void refuse(const std::string& id, const std::string& why) {
    refusals_.push_back(base::printable(id) + ": " + why);
  }

  /// The index's, or the one that the log alone knows.
  std::optional<audit::OrderChange> order_on(const std::string& id,
                                             const std::optional<archive::Recording>& recording) {
    if (recording && recording->order) {
      return audit::OrderChange{true, id, recording->order->ground, recording->order->authority,
                                login_name()};
    }
    if (const auto stands = by_log_.find(id); stands != by_log_.end()) {
      return audit::OrderChange{true, id, stands->second.ground, stands->second.authority,
                                login_name()};
    }
    return by_past_log(id, recording);
  }

  /// What a run, or the command that opened this log, learned of the log in use then.
  std::optional<audit::OrderChange> by_past_log(
      const std::string& id, const std::optional<archive::Recording>& recording) const {
    std::optional<std::string> said;
    if (recording) {
      said = desk_.index().said_otherwise(recording->key, "order");
    } else {
      for (const archive::LostWord& word : desk_.index().lost_words(id)) {
        if (word.fact == "order") said = word.says;
      }
    }
    if (!said) return std::nullopt;
    const auto space = said->find(' ');
    if (space == std::string::npos) return std::nullopt;
    return audit::OrderChange{true, id, said->substr(0, space), said->substr(space + 1),
                              login_name()};
  }

  const Desk& desk_;
  archive::Index::Writing& writing_;
  const LogAhead& ahead_;
  const StandingOrders& by_log_;
  plan::KeySet begun_;
  std::vector<std::string> refusals_;
  std::vector<audit::Draft> drafts_;
};

ExitStatus withdraw(const Options& options, const Invocation& call) {
  for (const char* other : {"ground", "authority", "tonight", "yes"}) {
    if (options.has(other)) options.refuse(fmt::format("--withdraw goes without --{}", other));
  }
  const std::vector<std::string> ids = ids_of(options);
  Desk desk(call, archive::Index::Access::write);
  audit::LogWriter log = desk.log_writer();
  const LogAhead ahead(desk, log.facts());
  // Before anybody has to wait for it.
  const bool all_known = std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
    const auto recording = desk.index().find(id);
    return recording && recording->order;
  });
  const StandingOrders by_log = all_known ? StandingOrders{} : standing_orders(desk, 0);
  archive::Index::Writing writing(desk.index());
  Withdrawal withdrawal(desk, writing, ahead, by_log);
  for (const std::string& id : ids) withdrawal.take(id);
  if (!withdrawal.refusals().empty()) {
    for (const std::string& refusal : withdrawal.refusals()) message(refusal);
    throw Failure(ExitStatus::usage, "destroy: nothing was withdrawn");
  }
  log_and_commit(desk, log, writing, withdrawal.drafts());
  if (!call.global.quiet) {
    std::cout << fmt::format("Orders withdrawn: {}.\n", base::grouped(ids.size()));
  }
  return desk.anchored(ExitStatus::done);
}

}  // namespace

ExitStatus destroy_command(Invocation call) {
  Options options(
      "destroy ID… --ground GROUND --authority REFERENCE [OPTION…]\n"
      "       expunge destroy ID… --withdraw",
      "Destroys these recordings ahead of the schedule: at once, by a run of these alone,\n"
      "with all that a run does and every brake. A hold wins. All of them or none are\n"
      "ordered; an order stands until it is carried out, or withdrawn.");
  options.argument("id", -1)
      .value("ground",
             "erasure (a request under Art. 17), payment-data (recorded by mistake),\n"
             "returned (destroyed once, and back) or order (of a court, an authority)")
      .value("authority", "a reference to whoever decided it; for the log")
      .flag("tonight", "leave them to the next run")
      .flag("withdraw", "take orders back that no run has begun on")
      .flag("yes", "do not ask");
  if (!options.parse(call)) return ExitStatus::done;
  if (options.has("withdraw")) return withdraw(options, call);
  Wish wish = wish_of(options);
  if (!options.has("yes") && ::isatty(STDIN_FILENO) != 1) {
    options.refuse("standard input is no terminal to ask at; --yes says that it is meant");
  }
  run::Request request;
  stop_on_signals(request);
  Desk desk(call, archive::Index::Access::write);
  // With a log that does not verify nothing is ordered either.
  const LogAhead ahead(desk, desk.read_log().facts);
  wish.order.ordered_on = desk.config().schedule.time_zone.civil_date(
      std::chrono::floor<std::chrono::seconds>(desk.now()));
  wish.order.user = login_name();
  {
    OrderJudge judge(desk, ahead, wish.order);
    look_at_all(judge, wish.ids);
    if (!options.has("yes") && !is_meant(judge, wish)) {
      throw Failure(ExitStatus::usage, kUntouched);
    }
  }
  const plan::KeySet keys = place(desk, wish);
  if (!options.has("tonight")) return destroy_now(desk, call, wish, keys, std::move(request));
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Ordered: {}. The next run destroys what is not held by then{}; expunge plan says what it "
        "will do.\n",
        base::grouped(wish.ids.size()),
        needs_approval(desk.config(), true)
            ? ", once somebody else has approved a plan that has it"
            : ", unless a brake is on, or it goes by an approved plan that does not have it");
  }
  return desk.anchored(ExitStatus::done);
}

}  // namespace expunge::cli

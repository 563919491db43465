#include <fmt/format.h>
#include <fmt/ostream.h>

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "report/csv.h"
#include "report/plan_report.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

std::string date_or_empty(const std::optional<base::CivilDate>& date) {
  return date ? base::to_text(*date) : "";
}

class PlanCsv : public PlanReport {
 public:
  PlanCsv(std::ostream& out, PlanFilter filter, CsvFor whom)
      : out_(out), filter_(std::move(filter)), whom_(whom) {
    out_ << csv_begin(whom) << "recording,department,recorded,due,verdict,reason,remedy\r\n";
  }

  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    if (!filter_.lists(recording, decision)) return;
    line_ = csv_cell(recording.id, whom_);
    if (is_of_its_day(recording, decision)) {
      OfDay& of_day = of_day_[decision.department];
      if (of_day.cause != decision.cause || of_day.recorded_on != decision.recorded_on ||
          of_day.due_day != decision.due_day) {
        of_day = {decision.cause, decision.recorded_on, decision.due_day,
                  cells_after_id(recording, decision)};
      }
      line_ += of_day.cells;
    } else {
      line_ += cells_after_id(recording, decision);
    }
    out_ << line_;
  }

  void finish(const plan::Summary&, const PlanHeading&) override {}

 private:
  [[nodiscard]] std::string cells_after_id(const archive::Recording& recording,
                                           const plan::Decision& decision) const {
    return fmt::format(",{},{},{},{},{},{}\r\n",
                       csv_cell(department_of(decision, recording), whom_),
                       date_or_empty(decision.recorded_on), date_or_empty(decision.due_day),
                       plan::to_text(decision.verdict), csv_cell(reason(decision, recording)),
                       csv_cell(plan::remedy(decision, recording)));
  }

  /// What stands behind the id of most recordings: the same for all of a department and day, and
  /// they come in that order.
  struct OfDay {
    plan::Cause cause = plan::Cause::no_date;  // which no such line has
    std::optional<base::CivilDate> recorded_on, due_day;
    std::string cells;
  };
  [[nodiscard]] static bool is_of_its_day(const archive::Recording& recording,
                                          const plan::Decision& decision) {
    const bool by_schedule =
        decision.cause == plan::Cause::not_yet || decision.cause == plan::Cause::period_over;
    return by_schedule && recording.state == archive::State::kept && !recording.missing_seq &&
           !decision.acknowledged_until && decision.tried == nullptr;
  }

  std::ostream& out_;
  PlanFilter filter_;
  CsvFor whom_;
  std::string line_;
  std::map<const policy::Department*, OfDay> of_day_;
};

Json null_or(const std::optional<base::CivilDate>& date) {
  return date ? Json(base::to_text(*date)) : Json(nullptr);
}

/// Replaces what is not UTF-8: what an import brought always is.
std::string dump(const Json& json) {
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class PlanJson : public PlanReport {
 public:
  PlanJson(std::ostream& out, PlanFilter filter) : out_(out), filter_(std::move(filter)) {
    out_ << "{\"format\":\"expunge-plan/1\",\"recordings\":[";
  }

  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    if (!filter_.lists(recording, decision)) return;
    Json json;
    json["recording"] = recording.id;
    json["department"] = department_of(decision, recording);
    json["recorded"] = null_or(decision.recorded_on);
    json["due"] = null_or(decision.due_day);
    json["verdict"] = plan::to_text(decision.verdict);
    json["cause"] = plan::to_text(decision.cause);
    json["reason"] = reason(decision, recording);
    if (const std::string remedy = plan::remedy(decision, recording); !remedy.empty()) {
      json["remedy"] = remedy;
    }
    if (decision.tried != nullptr) {
      json["tried"] = {{"reason", decision.tried->reason},
                       {"since", base::to_text(decision.tried->since)},
                       {"last", base::to_text(decision.tried->last)}};
    }
    if (acknowledgeable(decision, recording) == plan::kMissingFile) {
      json["missing"] = *recording.missing_seq;
    }
    if (decision.acknowledged_until) {
      json["acknowledged"] = base::to_text(*decision.acknowledged_until);
    }
    if (decision.overdue_since) json["overdue"] = base::to_text(*decision.overdue_since);
    Json holds = Json::array();
    for (const archive::Hold* hold : decision.holds) holds.push_back(hold->reference);
    if (!holds.empty()) json["holds"] = holds;
    fmt::print(out_, "{}\n{}", first_ ? "" : ",", dump(json));
    first_ = false;
  }

  void finish(const plan::Summary& summary, const PlanHeading& heading) override {
    Json tail;
    tail["today"] = base::to_text(summary.today);
    tail["for"] = heading.for_what;
    tail["digest"] = base::to_hex(summary.digest);
    tail["total"] = counts(summary.total);
    Json departments = Json::array();
    for (const auto& [name, by_verdict] : summary.by_department) {
      Json one;
      one["name"] = name;
      one.update(counts(by_verdict));
      departments.push_back(one);
    }
    tail["departments"] = departments;
    tail["falls_due"] = by_month(summary.falls_due_in);
    tail["falls_due_later"] = count_json(summary.falls_due_later);
    tail["recorded"] = by_month(summary.recorded_in);
    tail["without_date"] = count_json(summary.without_date);
    Json brakes = Json::array();
    for (const plan::Brake& brake : heading.judgement.still_on) {
      brakes.push_back({{"name", brake.name},
                        {"found", brake.found},
                        {"allowed", brake.allowed},
                        {"message", brake.message},
                        {"remedy", brake.way_on_text}});
    }
    tail["brakes"] = brakes;
    const archive::Approval* approval = heading.judgement.approval;
    tail["approval"] = approval == nullptr ? Json(nullptr) : Json(approval->plan);
    tail["waiting"] = heading.waiting(summary);
    tail["waiting_bytes"] = heading.permission.waiting.bytes;
    tail["waiting_since"] = null_or(heading.permission.waiting_since);
    tail["ordered"] = summary.ordered.recordings;
    tail["interrupted"] = summary.in_journal;
    tail["accept"] = code(heading.accept);
    tail["acknowledged"] = count_json(summary.acknowledged);
    tail["needs_attention"] = summary.attention();
    tail["needs_attention_known"] = summary.attention_known();
    tail["due_without_file"] = count_json(summary.due_without_file);
    tail["not_due_without_file"] = count_json(summary.not_due_without_file);
    tail["tried"] = count_json(summary.tried);
    tail["undated_overdue"] = count_json(summary.undated_overdue);
    tail["overdue"] = count_json(summary.overdue);
    tail["oldest_overdue"] = null_or(summary.oldest_overdue);
    const std::string text = dump(tail);
    out_ << "\n]," << text.substr(1) << "\n";  // joins the two halves of one object
  }

 private:
  static Json count_json(const plan::Count& count) {
    return {{"recordings", count.recordings}, {"bytes", count.bytes}};
  }

  static Json by_month(const std::map<std::chrono::year_month, plan::Count>& counts) {
    Json json = Json::array();
    for (const auto& [month, count] : counts) {
      Json one;
      one["month"] = base::to_text(month / std::chrono::day{1}).substr(0, 7);
      one.update(count_json(count));
      json.push_back(one);
    }
    return json;
  }

  static Json counts(const std::map<plan::Verdict, plan::Count>& by_verdict) {
    Json json;
    for (const auto verdict :
         {plan::Verdict::attention, plan::Verdict::kept, plan::Verdict::held, plan::Verdict::due}) {
      const auto found = by_verdict.find(verdict);
      const plan::Count count = found == by_verdict.end() ? plan::Count{} : found->second;
      json[std::string(plan::to_text(verdict))] = count_json(count);
    }
    return json;
  }

  std::ostream& out_;
  PlanFilter filter_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<PlanReport> plan_csv(std::ostream& out, const PlanFilter& filter, CsvFor whom) {
  return std::make_unique<PlanCsv>(out, filter, whom);
}

std::unique_ptr<PlanReport> plan_json(std::ostream& out, const PlanFilter& filter) {
  return std::make_unique<PlanJson>(out, filter);
}

}  // namespace expunge::report

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "report/plan_report.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

std::string date_or_empty(const std::optional<base::CivilDate>& date) {
  return date ? base::to_text(*date) : "";
}

/// One CSV cell: quoted where RFC 4180 asks for it, and never a formula.
std::string cell(std::string_view text) {
  std::string safe;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    safe += '\'';
  }
  safe += text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

class PlanCsv : public PlanReport {
 public:
  PlanCsv(std::ostream& out, PlanFilter filter) : out_(out), filter_(std::move(filter)) {
    out_ << "recording,department,recorded,due,verdict,reason,remedy\n";
  }

  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    if (!filter_.lists(recording, decision)) return;
    fmt::print(out_, "{},{},{},{},{},{},{}\n", cell(recording.id), cell(recording.department),
               date_or_empty(decision.recorded_on), date_or_empty(decision.due_day),
               plan::to_text(decision.verdict), cell(reason(decision, recording)),
               cell(plan::remedy(decision.cause)));
  }

  void finish(const plan::Summary&, const PlanHeading&) override {}

 private:
  std::ostream& out_;
  PlanFilter filter_;
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
    json["department"] = recording.department;
    json["recorded"] = null_or(decision.recorded_on);
    json["due"] = null_or(decision.due_day);
    json["verdict"] = plan::to_text(decision.verdict);
    json["cause"] = plan::to_text(decision.cause);
    json["reason"] = reason(decision, recording);
    if (decision.verdict == plan::Verdict::attention) json["remedy"] = plan::remedy(decision.cause);
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
    tail["interrupted"] = summary.in_journal;
    tail["accept"] = code(heading.accept);
    const std::string text = dump(tail);
    out_ << "\n]," << text.substr(1) << "\n";  // joins the two halves of one object
  }

 private:
  static Json counts(const std::map<plan::Verdict, plan::Count>& by_verdict) {
    Json json;
    for (const auto verdict :
         {plan::Verdict::attention, plan::Verdict::kept, plan::Verdict::held, plan::Verdict::due}) {
      const auto found = by_verdict.find(verdict);
      const plan::Count count = found == by_verdict.end() ? plan::Count{} : found->second;
      json[std::string(plan::to_text(verdict))] = {{"recordings", count.recordings},
                                                   {"bytes", count.bytes}};
    }
    return json;
  }

  std::ostream& out_;
  PlanFilter filter_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<PlanReport> plan_csv(std::ostream& out, const PlanFilter& filter) {
  return std::make_unique<PlanCsv>(out, filter);
}

std::unique_ptr<PlanReport> plan_json(std::ostream& out, const PlanFilter& filter) {
  return std::make_unique<PlanJson>(out, filter);
}

}  // namespace expunge::report

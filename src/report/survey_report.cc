#include "report/survey_report.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/csv.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using survey::Comparison;
using survey::Difference;
using Kind = Difference::Kind;

/// Of so many differences of a kind each is listed unless all are asked for.
constexpr std::uint64_t kSome = 20;

struct KindWords {
  const char* each;
  const char* remedy;
};
constexpr std::array<KindWords, Difference::kKinds> kWords = {{
    {"files that the index has not, and that are kept for ever",
     "find out whose they are: one may be of a recording that was destroyed, and have come back "
     "with "
     "a backup, which check --index --content tells; all others: expunge import --scan, or check "
     "--index --import-orphans"},
    {"files of the index that are not on disk",
     "find out who moved or removed them; what is gone without an entry cannot be certified"},
    {"files of another size than when they were imported",
     "a run refuses them: find out what was written to them; one that is put back as it was goes "
     "when it is due; where the file is right: expunge correct ID --as-found"},
    {"files of another content than the index has",
     "a run refuses them: find out what was written to them; one that is put back as it was goes "
     "when it is due; where the file is right: expunge correct ID --as-found"},
    {"files of recordings that were destroyed, back on disk",
     "find out who restored them and from where; expunge destroy ID --ground returned destroys "
     "them again, and nothing else does"},
    {"files whose content was destroyed once, according to the log",
     "a restored backup, or a copy: find out from where; nothing is destroyed unasked. Those that "
     "the index has not: check --index --content --import-orphans ties them to their recordings, "
     "and "
     "expunge destroy ID --ground returned destroys them again"},
    {"files that share their content with others",
     "copies outlive the destruction of one of them: find out why there are several"},
    {"files with several names (hard links)",
     "a run refuses them: find the other names, and remove those that are not needed"},
    {"what is no regular file of the archive's own file system",
     "nothing behind it is ever looked at or destroyed; move recordings out of there"},
    {"what could not be looked at",
     "the line says why; where it is permission, call check as a user who may read the whole "
     "archive"},
}};

/// Counts what was shown of each kind.
class Shown {
 public:
  explicit Shown(SurveyDetail detail) : detail_(detail) {}
  [[nodiscard]] bool next(Kind kind) {
    return ++counts_.at(static_cast<std::size_t>(kind)) <= kSome || detail_ == SurveyDetail::all;
  }

 private:
  SurveyDetail detail_;
  std::array<std::uint64_t, Difference::kKinds> counts_{};
};

std::string looks(const Difference& difference) {
  return fmt::format("looks to be from {}, by {}", base::to_text(*difference.looks_from),
                     difference.by_name ? "its name" : "its last change");
}

std::string years(const std::map<int, std::uint64_t>& by_year) {
  std::string text;
  for (const auto& [year, count] : by_year) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", year, base::grouped(count));
  }
  return text;
}

class SurveyText : public SurveyReport {
 public:
  SurveyText(std::ostream& out, SurveyDetail detail) : out_(out), shown_(detail) {}

  void add(const Difference& difference) override {
    if (!shown_.next(difference.kind)) return;
    std::string line =
        fmt::format("{:17}  {}", code(difference.kind), base::printable(difference.path));
    const auto also = [&](const std::string& text) {
      if (!text.empty()) line += "; " + text;
    };
    if (!difference.recording.empty()) also("recording " + base::printable(difference.recording));
    if (difference.kind == Kind::size) {
      also(fmt::format("bytes {}, in the index {}", base::grouped(difference.bytes.value_or(0)),
                       base::grouped(difference.indexed_bytes.value_or(0))));
    }
    if (difference.looks_from) also(looks(difference));
    also(difference.detail);
    out_ << base::one_line(line) << "\n";
  }

  void finish(const Comparison& comparison) override {
    out_ << fmt::format("Files on disk: {}; files in the index: {}",
                        base::grouped(comparison.files), base::grouped(comparison.rows));
    if (comparison.read > 0) {
      out_ << fmt::format("; contents read: {}", base::grouped(comparison.read));
    }
    out_ << "\n";
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      const auto kind = static_cast<Kind>(i);
      const std::uint64_t count = comparison.count(kind);
      if (count == 0) continue;
      out_ << fmt::format(
          "{:17}  {}: {}{}; {}\n", code(kind), kWords.at(i).each, base::grouped(count),
          count > kSome ? " (all of them: --all, --format csv)" : "", kWords.at(i).remedy);
      if (kind == Kind::no_row) ages(comparison);
    }
    if (comparison.begun > 0) {
      out_ << fmt::format(
          "{:17}  recordings that an interrupted run began on: {}; what it did to their files is "
          "left out here, and the next run sees to them\n",
          "begun", base::grouped(comparison.begun));
    }
    if (comparison.differences() == 0) out_ << "Index and disk agree.\n";
  }

 private:
  void ages(const Comparison& comparison) {
    const auto line = [&](const std::string& text) {
      out_ << fmt::format("{:17}  {}\n", "", text);
    };
    if (!comparison.no_row_by_name.empty()) {
      line("by the dates in their names: " + years(comparison.no_row_by_name));
    }
    if (!comparison.no_row_by_change.empty()) {
      line("by when they were last changed: " + years(comparison.no_row_by_change));
    }
    if (comparison.no_row_overdue > 0) {
      line(fmt::format("look as if every period of the schedule were over: {}",
                       base::grouped(comparison.no_row_overdue)));
    }
    if (comparison.no_row_destroyed.value_or(0) > 0) {
      line(fmt::format("hold what was destroyed once, and are nothing new: {} (destroyed-content)",
                       base::grouped(*comparison.no_row_destroyed)));
    }
    line(fmt::format("together: {}", base::human_bytes(comparison.no_row_bytes)));
  }

  std::ostream& out_;
  Shown shown_;
};

std::string number(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "";
}

std::string by(const Difference& difference) {
  if (!difference.looks_from) return "";
  return difference.by_name ? "name" : "mtime";
}

class SurveyCsv : public SurveyReport {
 public:
  explicit SurveyCsv(std::ostream& out) : out_(out) {
    out_ << "kind,path,recording,bytes,indexed_bytes,looks_from,by,detail\n";
  }
  void add(const Difference& difference) override {
    fmt::print(out_, "{},{},{},{},{},{},{},{}\n", code(difference.kind),
               csv_cell(base::printable(difference.path)), csv_cell(difference.recording),
               number(difference.bytes), number(difference.indexed_bytes),
               difference.looks_from ? base::to_text(*difference.looks_from) : "", by(difference),
               csv_cell(difference.detail));
  }
  void finish(const Comparison&) override { out_ << std::flush; }

 private:
  std::ostream& out_;
};

Json by_year(const std::map<int, std::uint64_t>& years) {
  Json json = Json::object();
  for (const auto& [year, count] : years) json[std::to_string(year)] = count;
  return json;
}

template <typename T>
Json null_or(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string dump(const Json& json) {
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class SurveyJson : public SurveyReport {
 public:
  SurveyJson(std::ostream& out, SurveyDetail detail, const std::string& check)
      : out_(out), shown_(detail) {
    out_ << R"({"format":"expunge-check-index/1","check":)" << check << R"(,"differences":[)";
  }

  void add(const Difference& difference) override {
    if (!shown_.next(difference.kind)) return;
    const Json json = {
        {"kind", code(difference.kind)},
        {"path", base::printable(difference.path)},
        {"recording", difference.recording.empty() ? Json() : Json(difference.recording)},
        {"bytes", null_or(difference.bytes)},
        {"indexed_bytes", null_or(difference.indexed_bytes)},
        {"looks_from",
         difference.looks_from ? Json(base::to_text(*difference.looks_from)) : Json()},
        {"by", difference.looks_from ? Json(by(difference)) : Json()},
        {"detail", difference.detail.empty() ? Json() : Json(difference.detail)}};
    out_ << (first_ ? "\n" : ",\n") << dump(json);
    first_ = false;
  }

  void finish(const Comparison& comparison) override {
    Json counts = Json::object();
    for (std::size_t i = 0; i < Difference::kKinds; ++i) {
      const auto kind = static_cast<Kind>(i);
      counts[std::string(code(kind))] = comparison.count(kind);
    }
    const Json tail = {{"files", comparison.files},
                       {"rows", comparison.rows},
                       {"read", comparison.read},
                       {"begun", comparison.begun},
                       {"counts", std::move(counts)},
                       {"no_row",
                        {{"bytes", comparison.no_row_bytes},
                         {"by_name", by_year(comparison.no_row_by_name)},
                         {"by_mtime", by_year(comparison.no_row_by_change)},
                         {"overdue", comparison.no_row_overdue},
                         {"destroyed", null_or(comparison.no_row_destroyed)}}}};
    out_ << "\n]," << dump(tail).substr(1) << "\n";  // joins the two halves of one object
  }

 private:
  std::ostream& out_;
  Shown shown_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<SurveyReport> survey_text(std::ostream& out, SurveyDetail detail) {
  return std::make_unique<SurveyText>(out, detail);
}

std::unique_ptr<SurveyReport> survey_csv(std::ostream& out) {
  return std::make_unique<SurveyCsv>(out);
}

std::unique_ptr<SurveyReport> survey_json(std::ostream& out, SurveyDetail detail,
                                          std::string check) {
  while (check.ends_with('\n')) check.pop_back();
  return std::make_unique<SurveyJson>(out, detail, check);
}

}  // namespace expunge::report

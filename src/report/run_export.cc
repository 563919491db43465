#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/csv.h"
#include "report/run_certificate.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using certify::Became;

const char* name(Became became) {
  switch (became) {
    case Became::destroyed:
      return "destroyed";
    case Became::removed:
      return "removed";
    case Became::partly:
      return "partly";
    case Became::not_destroyed:
      break;
  }
  return "not-destroyed";
}

/// Each value once, in order.
template <typename Of>
std::string joined(const std::vector<audit::FileDestroyed>& files, Of of) {
  std::vector<std::string> seen;
  std::string text;
  for (const audit::FileDestroyed& file : files) {
    const std::string& value = of(file);
    if (std::find(seen.begin(), seen.end(), value) != seen.end()) continue;
    text += (seen.empty() ? "" : " ") + value;
    seen.push_back(value);
  }
  return text;
}

}  // namespace

std::string run_csv_row(const certify::RunItem& item) {
  const audit::Destroyed& entry = item.entry;
  const bool known = item.became != Became::not_destroyed;
  return fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(item.recording),
      csv_cell(entry.department),
      known && entry.recorded != base::kUnknownDate ? base::to_text(entry.recorded) : "",
      known ? base::to_text(entry.due) : "", item.seq, base::to_text(item.time), name(item.became),
      known ? std::to_string(item.bytes) : "", csv_cell(entry.claim),
      csv_cell(joined(
          entry.files, [](const auto& file) -> auto& { return file.method; })),
      csv_cell(joined(
          entry.files, [](const auto& file) -> auto& { return file.filesystem; })),
      csv_cell(entry.medium), csv_cell(item.reason), csv_cell(entry.note),
      csv_cell(entry.authority), csv_cell(entry.ground));
}

std::string run_json(const certify::RunAccount& account, const Issue& issue,
                     const RunFiles& files) {
  Json json = {{"format", "expunge-run-certificate/1"},
               {"controller", issue.controller},
               {"contact", issue.contact},
               {"made", base::to_text(issue.at)},
               {"run", account.run}};
  if (account.facts->start) {
    json["start"] = {{"seq", account.facts->start->seq},
                     {"time", base::to_text(account.facts->start->time)},
                     {"host", account.facts->start->says.host},
                     {"user", account.facts->start->says.user},
                     {"restricted", account.facts->start->says.restricted}};
  }
  if (const auto& approval = account.facts->approval) {
    json["approval"] = {{"seq", approval->seq},
                        {"time", base::to_text(approval->time)},
                        {"plan", approval->says.plan},
                        {"user", approval->says.user},
                        {"two_person", approval->says.two_person}};
  }
  if (account.facts->end) {
    json["end"] = {{"seq", account.facts->end->seq},
                   {"time", base::to_text(account.facts->end->time)},
                   {"outcome", account.facts->end->says.outcome},
                   {"held", account.facts->end->says.held},
                   {"attention", account.facts->end->says.attention},
                   {"acknowledged", account.facts->end->says.acknowledged}};
  }
  for (const Became became :
       {Became::destroyed, Became::removed, Became::partly, Became::not_destroyed}) {
    json[name(became)] = account.of(became).recordings;
  }
  json["without_file"] = account.without_file[static_cast<std::size_t>(Became::destroyed)] +
                         account.without_file[static_cast<std::size_t>(Became::removed)];
  const auto nothing_left = account.left.find(certify::Left::nothing);
  json["nothing_left"] = nothing_left == account.left.end() ? 0 : nothing_left->second;
  json["bytes"] = account.of(Became::destroyed).bytes;
  json["failures"] = account.failures;
  json["brakes"] = Json::array();
  for (const auto& brake : account.brakes) json["brakes"].push_back(brake.says.brake);
  json["log"] = account.by.file.note.checkpoint.origin;
  json["checkpoint"] = {{"name", account.by.name},
                        {"size", account.by.file.note.checkpoint.size},
                        {"root", base::to_hex(account.by.file.note.checkpoint.root)},
                        {"key", account.by.key_id}};
  json["csv"] = files.csv;
  json["proof"] = files.proof;
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace expunge::report

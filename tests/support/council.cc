#include "support/council.h"

#include <fmt/format.h>

#include <array>
#include <thread>

#include "audit/verify.h"
#include "base/io.h"
#include "base/text.h"
#include "run/remember.h"
#include "shred/target.h"
#include "support/dying_sys.h"

namespace expunge::test {
namespace {

archive::Index index_of(const Council& council) {
  return archive::Index::open(council.index_path, archive::Index::Access::write,
                              council.log_place.origin);
}

void append(const Council& council, archive::Index& index, const audit::Draft& draft) {
  audit::LogWriter log(*council.sys, council.log_place, council.key_path, run::remembered(index), 2,
                       council.now());
  log.append(std::array{draft}, council.now());
  archive::Index::Writing writing(index);
  run::remember(writing, log);
  writing.commit();
}

}  // namespace

Council::Council(const char* now, const std::filesystem::path& in)
    : scratch(in),
      schedule{*policy::TimeZone::find("Europe/London"),
               {{"Customer Services", *policy::parse_period("12 months")},
                {"Revenues and Benefits", *policy::parse_period("12 months")}},
               "",
               *base::parse_date("2000-01-01")},
      log_place{scratch / "log", "test.example.org/log"},
      key_path(scratch / "log.key"),
      index_path(scratch / "index.db"),
      root(scratch / "recordings"),
      now_(*base::parse_instant(now)) {
  std::filesystem::create_directory(root);
  const auto key = audit::SigningKey::generate(log_place.origin);
  base::create_file(base::real_sys(), key_path, key.to_pem().text(), 0600);
  archive::Index::create(index_path, log_place.origin);
  const std::vector<audit::Draft> drafts = {
      audit::to_draft(audit::LogOpen{key.verifier().vkey(), "expunge test"}),
      audit::to_draft(run::logged_form(schedule))};
  audit::create_log(base::real_sys(), log_place, key, nullptr, drafts, now_);
  limits.workers = 4;
  safety.max_clock_step = std::chrono::days{4000};  // most archives here have no recent recording
}

bool Council::can_destroy() const {
  spill(path("probe"), std::string(5000, 'x'));
  const shred::ArchiveRoot archive_root(base::real_sys(), root);
  const bool can = std::holds_alternative<shred::Target>(shred::open_target(
      archive_root, {"probe", std::nullopt, std::nullopt}, shred::Fingerprint::no));
  std::filesystem::remove(path("probe"));
  return can;
}

void Council::add(const std::string& id, const std::string& recorded_at, const std::string& where,
                  const std::string& content, const std::string& department,
                  const std::string& subject, const std::string& call_id, const std::string& role) {
  spill(path(where), content);
  archive::ImportRow row;
  row.id = id;
  row.department = department;
  row.recorded_at = base::parse_instant(recorded_at);
  row.subject = subject;
  row.call_id = call_id;
  row.file = {where, role, content.size(), base::sha256(content)};
  added_[id][where] = content;
  import(row);
}

void Council::import(const archive::ImportRow& row, bool with_hash) {
  archive::ImportRow copy = row;
  if (!with_hash) copy.file.sha256.reset();
  auto index = index_of(*this);
  const shred::ArchiveRoot archive_root(base::real_sys(), root);
  archive::Importer importer(
      index, archive::OpaqueIds::no,
      [&](const std::string& where) { return archive_root.has_file(where); },
      schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now_)));
  const auto refused = importer.add(copy);
  if (refused) throw std::runtime_error("import refused: " + *refused);
  importer.commit();
}

void Council::add_calls(const std::vector<Call>& calls) {
  auto index = index_of(*this);
  archive::Importer importer(
      index, archive::OpaqueIds::no, [](const std::string&) { return false; },
      schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now_)));
  for (const Call& call : calls) {
    spill(path(call.path), call.content);
    archive::ImportRow row;
    row.id = call.id;
    row.department = "Customer Services";
    row.recorded_at = base::parse_instant(call.recorded_at);
    row.subject = call.subject;
    row.file = {call.path, "audio", call.content.size(), base::sha256(call.content)};
    if (const auto refused = importer.add(row)) throw std::runtime_error(*refused);
    added_[call.id][call.path] = call.content;
  }
  importer.commit();
}

void Council::add_many(const std::string& prefix, const std::string& day, int count,
                       std::size_t bytes) {
  std::vector<Call> calls;
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("{}-{:05}", prefix, i);
    std::string content = "MARKER " + id + " ";
    content.resize(bytes + static_cast<std::size_t>(i % 7) * 1000, static_cast<char>('a' + i % 26));
    calls.push_back({id, fmt::format("{}T10:{:02}:{:02}Z", day, i / 60 % 60, i % 60),
                     day + "/" + id + ".wav", content, ""});
  }
  add_calls(calls);
}

std::string Council::path(const std::string& below_root) const {
  return root + "/" + below_root;
}

bool Council::exists(const std::string& below_root) const {
  return std::filesystem::exists(std::filesystem::symlink_status(path(below_root)));
}

std::string Council::content(const std::string& below_root) const {
  return slurp(path(below_root));
}

std::string Council::state(const std::string& id) {
  const auto history = index_of(*this).history(id);
  if (!history) return "unknown";
  switch (history->state) {
    case archive::State::kept:
      return "kept";
    case archive::State::returned:
      return "returned";
    case archive::State::destroyed:
      return "destroyed";
    case archive::State::removed:
      return "removed";
    case archive::State::partial:
      break;
  }
  return "partial";
}

plan::Summary Council::plan(std::map<std::string, plan::Decision>* decisions) {
  auto index = index_of(*this);
  const auto holds = plan::holds_of_day(index, schedule, today());
  const plan::Decider decider(schedule, holds, today());
  return plan::make_plan(index, decider, [&](const auto& recording, const auto& decision) {
    if (decisions != nullptr) {
      (*decisions)[recording.id] = decision;
      (*decisions)[recording.id].holds.clear();  // they do not outlive this call
    }
  });
}

std::string Council::approve() {
  const plan::Summary summary = plan();
  auto index = index_of(*this);
  archive::Approval approval;
  approval.plan = base::to_hex(summary.digest);
  approval.policy = audit::policy_digest(run::logged_form(schedule));
  approval.today = summary.today;
  approval.approved_at = now_;
  approval.user = approver;
  approval.two_person = rule == run::Approval::two_person;
  approval.reason = "read it";
  approval.due = summary.due.size();
  archive::Index::Writing writing(index);
  const auto number = writing.approve(approval);
  summary.due.for_each([&](std::int64_t key) { writing.add_approved(number, key); });
  writing.commit();
  return approval.plan;
}

void Council::order(const std::string& id, const std::string& ground, const std::string& authority,
                    const std::string& user) {
  auto index = index_of(*this);
  archive::Index::Writing writing(index);
  writing.order(
      index.find(id)->key,
      {ground, authority,
       schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now_)), user});
  writing.commit();
}

void Council::log_import(const std::string& user) {
  auto index = index_of(*this);
  append(*this, index, audit::to_draft(audit::Import{"csv", 0, 0, 0, 0, user}));
}

void Council::place_hold(const std::string& reference, archive::HoldScope scope) {
  auto index = index_of(*this);
  archive::Hold hold;
  hold.reference = reference;
  hold.kind = "sar";
  hold.reason = "asked for";
  hold.user = "officer";
  hold.placed_at = now_;
  hold.scopes = {std::move(scope)};
  {
    archive::Index::Writing writing(index);
    writing.place_hold(hold);
    writing.commit();
  }
  append(*this, index,
         audit::to_draft(
             audit::HoldChange{audit::HoldChange::Kind::place, reference, "sar", "officer"}));
}

void Council::release_hold(const std::string& reference, const std::string& effective) {
  auto index = index_of(*this);
  const base::CivilDate day = effective.empty() ? today() : base::parse_date(effective).value();
  append(*this, index,
         audit::to_draft(audit::HoldChange{audit::HoldChange::Kind::release, reference, "sar",
                                           "officer", day}));
  archive::Index::Writing writing(index);
  writing.release_hold(reference, {"answered", "officer", now_, day});
  writing.commit();
}

base::CivilDate Council::today() const {
  return schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now_));
}

run::Report Council::run(run::Request request) {
  auto index = index_of(*this);
  const run::Setting setting{
      *sys,     [this] { return now_; },
      index,    schedule,
      safety,   log_place,
      key_path, root,
      host,     "tester",
      limits,   run::Rotate::never,
      rule,     config_owner,
      tell,     [] { return std::chrono::steady_clock::now().time_since_epoch(); }};
  return run::carry_out_plan(setting, request);
}

run::Report Council::approve_and_run() {
  approve();
  return run();
}

std::vector<std::string> Council::entries(const std::string& type) const {
  std::vector<std::string> lines;
  audit::for_each_entry(base::real_sys(), log_place, 0, [&](const audit::EntryView& entry) {
    if (entry.type == type) lines.emplace_back(entry.line);
    return true;
  });
  return lines;
}

std::string Council::log_fault() const {
  audit::Evidence evidence;
  evidence.log_path = log_place.directory + "/log.jsonl";
  const std::string checkpoint = log_place.directory + "/checkpoint";
  evidence.checkpoints.push_back({checkpoint, slurp(checkpoint)});
  evidence.workers = std::max(1U, std::thread::hardware_concurrency());
  const auto verdict = audit::verify_log(base::real_sys(), evidence);
  if (verdict.outcome == audit::Verdict::Outcome::verified) return "";
  return verdict.fault ? fmt::format("line {}: {}", verdict.fault->line, verdict.fault->message)
                       : "torn tail";
}

std::string Council::disagreement() {
  std::map<std::string, int> logged;
  std::map<std::string, std::string> state_by_log;
  audit::for_each_entry(base::real_sys(), log_place, 0, [&](const audit::EntryView& entry) {
    if (entry.type != "destroy" && entry.type != "remove") return true;
    const std::string id(audit::recording_of(entry));
    ++logged[id];
    state_by_log[id] = entry.type == "destroy" ? "destroyed" : "removed";
    return true;
  });
  for (const auto& [id, files] : added_) {
    const std::string now = state(id);
    const bool is_gone = now == "destroyed" || now == "removed";
    if (is_gone != (logged.count(id) == 1) || (is_gone && now != state_by_log[id])) {
      return id + " is " + now + " but has " + std::to_string(logged.count(id)) + " entries";
    }
    if (logged.count(id) == 1 && logged[id] != 1) return id + " is logged more than once";
    for (const auto& [where, original] : files) {
      if (is_gone && exists(where)) return id + " is " + now + " and " + where + " is there";
      if (now == "kept" && !exists(where)) return id + " is kept and " + where + " is gone";
      if (now == "kept" && content(where) != original) return where + " was changed";
    }
  }
  if (!open_index().journal().empty()) return "the journal is not empty";
  return "";
}

archive::Index Council::open_index() const {
  return index_of(*this);
}

run::Request accepting_index() {
  run::Request request;
  request.accepted.root = true;
  request.accepted.index = true;
  return request;
}

bool run_and_die(Council& council, int calls_to_live) {
  DyingSys dying(calls_to_live);
  council.sys = &dying;
  try {
    static_cast<void>(council.run());
  } catch (const Death&) {
  }
  council.sys = &base::real_sys();
  return dying.died();
}

}  // namespace expunge::test

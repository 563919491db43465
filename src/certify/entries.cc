#include "certify/entries.h"

#include <nlohmann/json.hpp>

#include "audit/course.h"
#include "audit/files_of.h"
#include "audit/keys.h"
#include "audit/members.h"
#include "base/text.h"

namespace expunge::certify {
namespace {

using Json = nlohmann::ordered_json;

/// An entry's parts and members, in which no fault was found.
struct Read {
  audit::LineParts parts;
  Json members;
};

Read read(const audit::EntryView& entry, const std::string& path) {
  const auto parts = audit::take_apart(entry.line).parts;
  auto fault = parts ? audit::find_form_fault(*parts) : "expected an entry";
  if (fault) {
    audit::fail_untrusted(path + ": line " + std::to_string(entry.seq + 1) + ": " + *fault);
  }
  return {*parts, Json::parse("{" + std::string(parts->members) + "}")};
}

template <typename T>
Logged<T> logged(const Read& from, T says) {
  return {from.parts.seq, base::parse_log_time(from.parts.time).value(),
          std::string(from.parts.key), std::move(says)};
}

base::CivilDate date_at(const Json& json, const char* name) {
  return base::parse_date(json.at(name).get_ref<const std::string&>()).value();
}

std::string text_or_empty(const Json& json, const char* name) {
  return json.value(name, std::string());
}

audit::Destroyed to_destroyed(const Read& from, const audit::EntryView& entry) {
  const Json& json = from.members;
  audit::Destroyed says;
  says.type = from.parts.type == "remove" ? audit::Destroyed::Type::remove
                                          : audit::Destroyed::Type::destroy;
  says.run = json.at("run");
  says.recording = json.at("recording");
  says.department = json.at("department");
  says.recorded = date_at(json, "recorded");
  says.due = date_at(json, "due");
  says.period = json.at("period");
  says.files = audit::files_of(entry);
  says.claim = json.at("claim");
  says.authority = text_or_empty(json, "authority");
  says.note = text_or_empty(json, "note");
  says.medium = text_or_empty(json, "medium");
  says.ground = text_or_empty(json, "ground");
  return says;
}

std::string key_id_of(const std::string& vkey, const Read& from, const std::string& path) {
  const auto key = audit::VerifierKey::from_vkey(vkey);
  if (!key) {
    audit::fail_untrusted(path + ": line " + std::to_string(from.parts.seq + 1) +
                          ": names a key that is none");
  }
  return key->id_hex();
}

}  // namespace

Logged<audit::Policy> read_policy(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return logged(from, audit::policy_of(from.parts.members));
}

Logged<audit::PlanApprove> read_approval(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  const Json& json = from.members;
  return logged(
      from, audit::PlanApprove{json.at("plan"), date_at(json, "today"), json.at("due"),
                               json.at("bytes"), json.at("user"), json.value("two_person", false)});
}

Logged<audit::HoldChange> read_hold_change(const audit::EntryView& entry, const std::string& path) {
  using Kind = audit::HoldChange::Kind;
  const Read from = read(entry, path);
  const Json& json = from.members;
  const std::string_view type = from.parts.type;
  audit::HoldChange says{type == "hold.place"     ? Kind::place
                         : type == "hold.release" ? Kind::release
                         : type == "hold.confirm" ? Kind::confirm
                                                  : Kind::keep,
                         json.at("reference"), json.at("kind"), json.at("user")};
  if (json.contains("effective")) says.effective = date_at(json, "effective");
  says.unconfirmed = json.value("unconfirmed", false);
  return logged(from, std::move(says));
}

Logged<audit::Correct> read_correct(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  const Json& json = from.members;
  audit::Correct says{json.at("recording"), json.at("fact"), json.at("authority"), json.at("user")};
  says.department = text_or_empty(json, "department");
  if (json.contains("recorded")) says.recorded = date_at(json, "recorded");
  return logged(from, std::move(says));
}

Logged<audit::RunStart> read_run_start(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  const Json& json = from.members;
  audit::RunStart says{json.at("run"),
                       json.at("host"),
                       json.at("user"),
                       date_at(json, "today"),
                       json.at("timezone"),
                       json.at("policy"),
                       json.at("due"),
                       json.at("held"),
                       json.at("bytes"),
                       json.at("plan"),
                       {},
                       {}};
  if (const auto accepted = json.find("accepted"); accepted != json.end()) {
    says.accepted = accepted->get<std::vector<std::string>>();
  }
  says.approval = text_or_empty(json, "approval");
  says.accept = text_or_empty(json, "accept");
  says.tool = text_or_empty(json, "tool");
  says.restricted = json.value("restricted", false);
  says.two_person = json.value("two_person", false);
  return logged(from, std::move(says));
}

Logged<audit::RunBraked> read_run_braked(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  const Json& json = from.members;
  return logged(from, audit::RunBraked{json.at("run"), json.at("host"), json.at("user"),
                                       date_at(json, "today"), json.at("brake"), json.at("found"),
                                       json.at("allowed")});
}

Logged<audit::RunEnd> read_run_end(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  const Json& json = from.members;
  audit::RunEnd says{json.at("run"),  json.at("outcome"),   json.at("destroyed"), json.at("failed"),
                     json.at("held"), json.at("attention"), json.at("bytes"),     {}};
  if (const auto cleaned = json.find("cleaned"); cleaned != json.end()) {
    says.cleaned = cleaned->get<std::vector<std::string>>();
  }
  says.removed = json.value("removed", std::uint64_t{0});
  says.acknowledged = json.value("acknowledged", std::uint64_t{0});
  says.without_file = json.value("without_file", std::uint64_t{0});
  return logged(from, std::move(says));
}

Logged<audit::Destroyed> read_destroyed(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return logged(from, to_destroyed(from, entry));
}

Logged<audit::DestroyPartial> read_partial(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return logged(from,
                audit::DestroyPartial{to_destroyed(from, entry), from.members.at("overwritten"),
                                      from.members.at("kept")});
}

Logged<audit::DestroyFailed> read_failed(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return logged(from, audit::DestroyFailed{from.members.at("run"), from.members.at("recording"),
                                           from.members.at("reason")});
}

Logged<audit::Acknowledge> read_acknowledge(const audit::EntryView& entry,
                                            const std::string& path) {
  const Read from = read(entry, path);
  audit::Acknowledge says{from.members.at("recordings"),
                          from.members.at("cause"),
                          date_at(from.members, "until"),
                          from.members.at("user"),
                          {}};
  says.recording = from.members.value("recording", std::string());
  return logged(from, std::move(says));
}

Logged<audit::Withdraw> read_withdraw(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return logged(from, audit::Withdraw{from.members.at("recording"), from.members.at("cause"),
                                      from.members.at("user")});
}

Logged<audit::OrderChange> read_order_change(const audit::EntryView& entry,
                                             const std::string& path) {
  const Read from = read(entry, path);
  return logged(from, audit::OrderChange{entry.type == "order.withdraw",
                                         from.members.at("recording"), from.members.at("ground"),
                                         from.members.at("authority"), from.members.at("user")});
}

Opening read_opening(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  audit::OpenedWith opened = audit::opened_with(from.parts.members);
  return {key_id_of(from.members.at("vkey"), from, path),
          opened.checkpoint_vkey ? key_id_of(*opened.checkpoint_vkey, from, path) : "",
          std::move(opened.predecessor)};
}

std::string read_next_key_id(const audit::EntryView& entry, const std::string& path) {
  const Read from = read(entry, path);
  return key_id_of(from.members.at("vkey"), from, path);
}

}  // namespace expunge::certify

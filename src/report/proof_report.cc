#include "report/proof_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "audit/line.h"
#include "base/text.h"
#include "base/time.h"
#include "certify/recordings.h"
#include "report/certificate_parts.h"
#include "report/log_report.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using Findings = audit::CertificateFindings;

/// What became of a recording, as far as an entry claims it.
enum class Became { destroyed, unclear, removed, partly, not_destroyed, nothing };

struct Words {
  Became became;
  const char* name;  ///< in JSON
  const char* heading;
  const char* when;  ///< what the entry's time is of
};

constexpr Words kWords[] = {
    {Became::destroyed, "destroyed", "a recording was destroyed.", "destroyed"},
    {Became::unclear, "unclear",
     "a recording was destroyed, but not that every\nfile was overwritten and read back. Do not "
     "take it for a confidential destruction.",
     "logged"},
    {Became::removed, "removed",
     "a recording was removed WITHOUT being overwritten.\nThis is no confidential destruction: "
     "what its files held may still be on the disk.",
     "removed"},
    {Became::partly, "partly",
     "a recording was NOT destroyed: that was stopped\nwhen part of it was overwritten or removed, "
     "and "
     "the rest was kept. Nothing was verified.",
     "stopped"},
    {Became::not_destroyed, "not-destroyed",
     "a recording was NOT destroyed: a run tried, and\nfailed.", "failed"},
    {Became::nothing, "nothing", "", ""},
};

const Words& words_of(Became became) {
  return *std::find_if(std::begin(kWords), std::end(kWords),
                       [&](const Words& words) { return words.became == became; });
}

bool is_overwritten(const Json& file) {
  return file.at("method") == "overwrite" && file.at("verified") == true;
}

Became became_of(const Json& entry) {
  const std::string type = entry.at("type");
  if (type == "remove") return Became::removed;
  if (type == "destroy.partial") return Became::partly;
  if (type == "destroy.failed") return Became::not_destroyed;
  if (type != "destroy") return Became::nothing;
  const Json& files = entry.at("files");
  const bool whole = entry.at("claim") == "overwritten" && !files.empty() &&
                     std::all_of(files.begin(), files.end(), is_overwritten);
  return whole ? Became::destroyed : Became::unclear;
}

/// Of an entry about files that were destroyed or removed.
std::vector<std::string> missing_roles(const Json& entry) {
  return certify::missing_roles(entry.value("note", std::string()));
}

/// As certify::left_by() says, of a `destroy.partial`.
bool is_nothing_left(const Json& entry) {
  return entry.at("kept") == 0 && entry.at("overwritten") > 0 && entry.at("claim") == "overwritten";
}

/// What follows `says that `.
std::string heading_of(const Json& entry, Became became) {
  if (became == Became::destroyed && !missing_roles(entry).empty()) {
    return "a recording was destroyed, except\n" +
           base::printable(not_in_place_text(missing_roles(entry))) + ".";
  }
  if (became == Became::partly && is_nothing_left(entry)) {
    return "a recording was overwritten, all of it, when\nits destruction was stopped: nothing of "
           "it is left. "
           "Nothing was verified.";
  }
  return words_of(became).heading;
}

std::string text_at(const Json& entry, const char* name) {
  return base::printable(entry.at(name).get<std::string>());
}

/// The claim, and what expunge-log(5) says that it means.
std::string claim_text(const Json& entry, Became became) {
  std::string claim = text_at(entry, "claim");
  if (became == Became::destroyed) {
    return claim + ": every byte of " +
           (missing_roles(entry).empty()
                ? "its files was overwritten where it lay, flushed to the\n"
                : "the files below was overwritten where it lay, flushed to "
                  "the\n") +
           std::string(15, ' ') + "device, and read back from it";
  }
  if (became == Became::removed && claim == "unlinked") {
    return claim + ": names were removed; nothing is claimed of what the files held";
  }
  if (became == Became::removed && claim == "key-overwritten") {
    return claim + ": names were removed, and files of the role key overwritten and read\n" +
           std::string(15, ' ') + "back; nothing is claimed of what the other files held";
  }
  return claim;
}

std::string file_text(const Json& file) {
  std::string text = fmt::format("{}, {} bytes on {}: ", text_at(file, "role"),
                                 base::grouped(file.at("bytes").get<std::uint64_t>()),
                                 text_at(file, "filesystem"));
  if (is_overwritten(file)) return text + "overwritten and read back";
  if (file.at("method") == "unlink") return text + "removed without being overwritten";
  return text + text_at(file, "method") + ", not verified";
}

void add(std::string& text, std::string_view label, std::string_view value) {
  text += fmt::format("  {:11}  {}\n", label, value);
}

/// `2026-01-02T02:00:01.250Z` for people.
std::string time_text(const Json& entry) {
  const std::string time = entry.at("time");
  return time.substr(0, 10) + " at " + time.substr(11, 8) + " UTC, by the machine's clock";
}

/// An order that came after the schedule's day leaves that one.
bool is_due_by_order(const Json& entry) {
  if (!entry.contains("ground")) return false;
  audit::Destroyed says;
  says.ground = entry.at("ground");
  says.period = entry.at("period");
  says.note = entry.value("note", std::string());
  says.recorded = base::parse_date(entry.at("recorded").get_ref<const std::string&>()).value();
  return schedule_day(says) != base::parse_date(entry.at("due").get_ref<const std::string&>());
}

void add_members(std::string& text, const Json& entry, Became became) {
  add(text, "recording", text_at(entry, "recording"));
  if (became == Became::not_destroyed) {
    add(text, "reason", text_at(entry, "reason"));
  } else {
    add(text, "department", text_at(entry, "department"));
    const std::string recorded = text_at(entry, "recorded");
    const bool unknown = recorded == base::to_text(base::kUnknownDate);
    add(text, "recorded", unknown ? "not known" : recorded);
    add(text, "due",
        text_at(entry, "due") +
            (is_due_by_order(entry) ? ", by order" : ", after " + text_at(entry, "period")));
  }
  add(text, words_of(became).when, time_text(entry));
  add(text, "run", text_at(entry, "run"));
  if (became == Became::not_destroyed) return;
  add(text, "claim", claim_text(entry, became));
  if (became == Became::partly) {
    for (const char* name : {"overwritten", "kept"}) {
      add(text, name, base::grouped(entry.at(name).get<std::uint64_t>()) + " bytes");
    }
  } else {
    for (const Json& file : entry.at("files")) add(text, "file", file_text(file));
  }
  for (const char* name : {"ground", "authority", "note", "medium"}) {
    if (entry.contains(name)) add(text, name, text_at(entry, name));
  }
}

struct Rest {
  const char* name;  ///< in JSON
  bool checked;
  std::string text;
  std::vector<audit::GivenKey> keys{};
};

std::string list_of(const std::vector<audit::GivenKey>& keys) {
  std::string text;
  for (const audit::GivenKey& key : keys) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : " and ", key.id_hex,
                        base::printable(key.name));
  }
  return text;
}

Rest rest_on_entry_key(const Findings& findings) {
  if (findings.entry_key) {
    return {"entry-key",
            true,
            fmt::format("the entry itself is signed by key {}", list_of({*findings.entry_key})),
            {*findings.entry_key}};
  }
  return {"entry-key", false,
          fmt::format("the entry's own signature, by key {}, which was not given (--public-key)",
                      base::printable(findings.entry_key_id))};
}

Rest rest_on_outside(const Findings& findings) {
  if (!findings.outside) {
    return {"outside-checkpoint", false,
            "a checkpoint kept elsewhere (--checkpoint): whoever holds the keys could have\n"
            "             made another log for you"};
  }
  const Findings::Outside& outside = *findings.outside;
  const std::uint64_t size = findings.checkpoint.size;
  std::string relation = outside.size == size  ? "which is the same"
                         : outside.size > size ? "which continues the certificate's"
                                               : "which the certificate's continues";
  if (outside.size <= findings.certificate.index) relation += "; it is from before the entry";
  return {"outside-checkpoint", true,
          fmt::format("a checkpoint kept elsewhere, {}, of {} entries, {}; signed by key {}",
                      base::printable(outside.name), base::grouped(outside.size), relation,
                      list_of(outside.keys)),
          outside.keys};
}

Rest rest_on_time_stamp(const Findings& findings) {
  if (!findings.time_stamp) {
    return {"time-stamp", false,
            "a time stamp: when this was written, only the machine's clock says"};
  }
  const auto& [stamp, size, is_outside] = *findings.time_stamp;
  const char* const which = is_outside ? "the checkpoint kept elsewhere" : "this checkpoint";
  const char* const caution =
      size <= findings.certificate.index ? "; but that is from before the entry" : "";
  return {"time-stamp", true,
          fmt::format("a time stamp, {}: {} existed at {},\n             says {}{}",
                      base::printable(stamp.name), which, base::to_text(stamp.time),
                      base::printable(stamp.authority), caution)};
}

std::vector<Rest> rests_on(const Findings& findings) {
  return {
      {"checkpoint-key", true,
       fmt::format("a checkpoint of {} entries, signed by key {}, covers the entry",
                   base::grouped(findings.checkpoint.size), list_of(findings.checkpoint_keys)),
       findings.checkpoint_keys},
      rest_on_entry_key(findings),
      rest_on_outside(findings),
      rest_on_time_stamp(findings),
  };
}

}  // namespace

std::string proof_text(const Findings& findings) {
  const audit::Certificate& certificate = findings.certificate;
  const audit::LineParts parts = *audit::take_apart(certificate.line).parts;
  const Json entry = Json::parse(certificate.line);
  const Became became = became_of(entry);
  std::string text = fmt::format("The certificate holds. Entry {} of the log\n{}\n",
                                 base::grouped(certificate.index), findings.checkpoint.origin);
  if (became == Became::nothing) {
    text += "is about no recording's destruction. It says:\n\n" +
            entry_line({certificate.index, parts.time, parts.type, certificate.line}) + "\n";
  } else {
    text += fmt::format("says that {}\n\n", heading_of(entry, became));
    add_members(text, entry, became);
  }
  text += "\nIt rests on\n";
  for (const Rest& rest : rests_on(findings)) {
    text += fmt::format("  {:11}  {}\n", rest.checked ? "checked" : "NOT CHECKED", rest.text);
  }
  return text;
}

std::string proof_json(const Findings& findings) {
  const Json entry = Json::parse(findings.certificate.line);
  Json json = {{"format", "expunge-certificate/1"},
               {"log", findings.checkpoint.origin},
               {"size", findings.checkpoint.size},
               {"root", base::to_hex(findings.checkpoint.root)},
               {"became", words_of(became_of(entry)).name},
               {"entry", entry},
               {"rests_on", Json::array()}};
  if (auto roles = missing_roles(entry); !roles.empty()) json["missing"] = std::move(roles);
  for (const Rest& rest : rests_on(findings)) {
    Json item = {{"on", rest.name}, {"checked", rest.checked}};
    if (rest.checked) {
      item["keys"] = Json::array();
      for (const audit::GivenKey& key : rest.keys) item["keys"].push_back(key.id_hex);
    }
    json["rests_on"].push_back(std::move(item));
  }
  // Which key is needed, where one was not given.
  if (!findings.entry_key) json["rests_on"][1]["needs"] = findings.entry_key_id;
  if (findings.outside) json["rests_on"][2]["size"] = findings.outside->size;
  if (findings.time_stamp) {
    Json& item = json["rests_on"][3];
    item.erase("keys");
    item["size"] = findings.time_stamp->size;
    item["time"] = base::to_text(findings.time_stamp->stamp.time);
    item["authority"] = findings.time_stamp->stamp.authority;
  }
  // An authority may call itself anything.
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace expunge::report

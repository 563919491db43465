#include "report/verify_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/time.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using audit::Depth;
using Outcome = audit::Verdict::Outcome;

std::string how(const Verified& verified) {
  const audit::Verdict& verdict = verified.verdict;
  if (verified.evidence.depth == Depth::every_signature) return "every line, every signature";
  const char* const whose =
      verified.evidence.depth == Depth::since ? "the checkpoint given" : "the newest checkpoint";
  return fmt::format(
      "every line; the first {} by chain and the root that {} bears, and not by their own "
      "signatures; the other {} by signature",
      base::grouped(verdict.by_root), whose, base::grouped(verdict.entries - verdict.by_root));
}

const char* outcome_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::verified:
      return "verified";
    case Outcome::torn_tail:
      return "torn-tail";
    case Outcome::does_not_verify:
      break;
  }
  return "does-not-verify";
}

const char* depth_code(Depth depth) {
  switch (depth) {
    case Depth::every_signature:
      return "every-signature";
    case Depth::since:
      return "since";
    case Depth::root_only:
      break;
  }
  return "root-only";
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json predecessor_json(const audit::Verdict& verdict) {
  if (!verdict.predecessor) return Json();
  return {{"origin", verdict.predecessor->origin},
          {"size", verdict.predecessor->size},
          {"root", base::to_hex(verdict.predecessor->root)},
          {"reason", verdict.predecessor->reason},
          {"authority", verdict.predecessor->authority},
          {"checkpoint_given", verdict.continues_predecessor}};
}

std::string stamps_text(const TimeStamps& stamps) {
  if (!stamps.are_checked) {
    if (stamps.found == 0) return "";
    return fmt::format("  time stamps  {} beside the log, NOT CHECKED (--tsa-ca)\n",
                       base::grouped(stamps.found));
  }
  if (stamps.checked.empty()) return "  time stamps  none\n";
  std::string text;
  for (const auto& [checkpoint, size, stamp] : stamps.checked) {
    text += fmt::format("  time stamp   {}: {} entries existed at {}, says {}\n",
                        base::printable(checkpoint), base::grouped(size), base::to_text(stamp.time),
                        base::printable(stamp.authority));
  }
  return text;
}

Json stamps_json(const TimeStamps& stamps) {
  Json json = {{"checked", stamps.are_checked}, {"found", stamps.found}, {"stamps", Json::array()}};
  for (const auto& [checkpoint, size, stamp] : stamps.checked) {
    json["stamps"].push_back({{"file", stamp.name},
                              {"checkpoint", checkpoint},
                              {"size", size},
                              {"time", base::to_text(stamp.time)},
                              {"authority", stamp.authority}});
  }
  return json;
}

}  // namespace

std::string verify_text(const Verified& verified) {
  const audit::Verdict& verdict = verified.verdict;
  std::string text =
      fmt::format("The log verifies: {} entries from {} to {}.\n", base::grouped(verdict.entries),
                  verdict.first_time, verdict.last_time);
  text += fmt::format("  log          {}\n  verified     {}\n", verdict.origin, how(verified));
  text += fmt::format(
      "  entries' key {}{}\n", verdict.first_key_id,
      verdict.last_key_id == verdict.first_key_id ? "" : " at first, now " + verdict.last_key_id);
  if (!verdict.checkpoint_key_id.empty()) {
    text += fmt::format("  checkpoints' {}\n", verdict.checkpoint_key_id);
  }
  text += fmt::format("  root         {}\n", base::to_hex(verdict.root));
  for (const audit::Evidence::Named& checkpoint : verified.evidence.checkpoints) {
    text += fmt::format("  continues    {}\n", base::printable(checkpoint.name));
  }
  if (verified.evidence.since) {
    text += fmt::format("  continues    {}\n", base::printable(verified.evidence.since->name));
  }
  text += stamps_text(verified.time_stamps);
  if (verdict.predecessor) {
    const audit::Predecessor& past = *verdict.predecessor;
    text += fmt::format(
        "It was opened in the place of the log {}, of {} entries, root {} ({}; authority {}).\n{}",
        past.origin, base::grouped(past.size), base::to_hex(past.root),
        base::printable(past.reason), base::printable(past.authority),
        verdict.continues_predecessor
            ? "A checkpoint given is that log's last one.\n"
            : "That log is to be verified by itself, with its own keys.\n");
  }
  return text;
}

std::string verify_json(const Verified& verified) {
  const audit::Verdict& verdict = verified.verdict;
  Json json = {{"schema", "expunge-verify/1"},
               {"outcome", outcome_code(verdict.outcome)},
               {"log", verified.evidence.log_path},
               {"origin", text_or_null(verdict.origin)},
               {"depth", depth_code(verified.evidence.depth)},
               {"entries", verdict.entries},
               {"entries_by_root", verdict.by_root},
               {"torn_bytes", verdict.torn_bytes},
               {"first_time", text_or_null(verdict.first_time)},
               {"last_time", text_or_null(verdict.last_time)},
               {"root", verdict.entries == 0 ? Json() : Json(base::to_hex(verdict.root))},
               {"first_key", text_or_null(verdict.first_key_id)},
               {"key_in_force", text_or_null(verdict.last_key_id)},
               {"checkpoint_key", text_or_null(verdict.checkpoint_key_id)},
               {"public_keys_given", verified.evidence.public_keys.size()},
               {"checkpoints", Json::array()},
               {"outside_checkpoint", verified.has_outside_checkpoint},
               {"time_stamps", stamps_json(verified.time_stamps)},
               {"predecessor", predecessor_json(verdict)},
               {"fault", Json()}};
  for (const auto& checkpoint : verified.evidence.checkpoints) {
    json["checkpoints"].push_back(checkpoint.name);
  }
  if (verified.evidence.since) json["checkpoints"].push_back(verified.evidence.since->name);
  if (verdict.fault) {
    const bool in_line = verdict.fault->line > 0;
    json["fault"] = {{"line", in_line ? Json(verdict.fault->line) : Json()},
                     {"byte", in_line ? Json(verdict.fault->offset_bytes) : Json()},
                     {"message", verdict.fault->message}};
  }
  // File names need not be UTF-8.
  return base::printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string fault_text(const Verified& verified) {
  const audit::Fault& fault = *verified.verdict.fault;
  if (fault.line == 0) return fault.message;
  return fmt::format("{}: line {}, byte {}: {}", verified.evidence.log_path, fault.line,
                     fault.offset_bytes, fault.message);
}

}  // namespace expunge::report

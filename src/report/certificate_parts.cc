#include "report/certificate_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "shred/refusal.h"

namespace expunge::report {
namespace {

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};

/// Those of expunge-log(5)'s terms that are not words already.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kMedia = {
    {{"rotational", "rotating disk"},
     {"ssd", "solid-state disk"},
     {"zoned", "disk that writes in sequence only"},
     {"virtual", "virtual disk"},
     {"network", "network storage"},
     {"memory", "memory (RAM)"},
     {"dm-crypt", "encryption"},
     {"lvm", "logical volume"},
     {"lvm thin", "thin logical volume"},
     {"unknown", "not known: the kernel did not say"}}};

std::string or_not_stated(const std::string& text) {
  return is_stated(text) ? text : "not stated in the configuration";
}

std::string logged_text(const certify::Logged<audit::PlanApprove>& approval) {
  return moment_text(approval.time) + " (" + entry_text(approval.seq) + ")";
}

}  // namespace

bool is_stated(const std::string& text) {
  // In parentheses stands what init left to be filled in.
  return !text.empty() && text.front() != '(';
}

std::string day_text(base::CivilDate day) {
  return fmt::format("{} {} {}", static_cast<unsigned>(day.day()),
                     kMonths.at(static_cast<unsigned>(day.month()) - 1),
                     static_cast<int>(day.year()));
}

std::string moment_text(base::Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return day_text(base::CivilDate{day}) + ", " + base::to_text(time).substr(11, 8) + " UTC";
}

std::string entry_text(std::uint64_t seq) {
  return "entry " + base::grouped(seq);
}

std::string reason_text(const std::string& code) {
  // Behind the semicolon stands what the operator can do about it.
  const std::string_view words = shred::words_of(code);
  return words.empty() ? code : fmt::format("{} ({})", words.substr(0, words.find(';')), code);
}

std::string not_in_place_text(const std::vector<std::string>& roles) {
  std::string names;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const bool has_vowel =
        std::string_view("aeiou").find(roles[i].front()) != std::string_view::npos;
    names += i == 0 ? "" : i + 1 == roles.size() ? " and " : ", ";
    names += (has_vowel ? "an " : "a ") + (roles[i] == "audio" ? "audio file" : roles[i]);
  }
  if (roles.size() == 1) {
    return fmt::format("one file ({}), which was not in its place; what became of it is not known",
                       names);
  }
  return fmt::format(
      "{} files ({}), which were not in their places; what became of them is not known",
      base::grouped(roles.size()), names);
}

std::string method_text(const audit::FileDestroyed& file) {
  if (file.method == "overwrite") return "overwritten, then removed";
  if (file.method == "unlink") return "removed without overwriting";
  return file.method;
}

std::string medium_text(const std::string& terms) {
  if (terms.empty()) return "not recorded in the log";
  constexpr std::string_view kDiscard = " discard";
  std::string_view rest = terms;
  const bool discard = rest.ends_with(kDiscard);
  if (discard) rest.remove_suffix(kDiscard.size());
  std::string words;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(", "), rest.size());
    const std::string_view term = rest.substr(0, end);
    const auto* const found = std::find_if(kMedia.begin(), kMedia.end(),
                                           [&](const auto& each) { return each.first == term; });
    words += words.empty() ? "" : "; ";
    words += found == kMedia.end() ? term : found->second;
    rest.remove_prefix(std::min(rest.size(), end + 2));
  }
  if (discard) words += "; freed space is discarded";
  return fmt::format("{} (in the log: {})", words, terms);
}

Terms controller_terms(const Issue& issue) {
  return {{"Controller", or_not_stated(issue.controller)},
          {"Contact", or_not_stated(issue.contact)}};
}

Terms policy_terms(const certify::RunFacts& run) {
  if (!run.policy) return {{"Retention schedule", "no entry of the log states it"}};
  const audit::Policy& policy = run.policy->says;
  return {
      {"Retention schedule", policy.schedule.empty() ? "without a reference" : policy.schedule},
      {"In force since", moment_text(run.policy->time) + " (" + entry_text(run.policy->seq) + ")"},
      {"Days counted in", policy.timezone},
      {"Policy, SHA-256", audit::policy_digest(policy), true}};
}

Terms approval_terms(const certify::RunFacts& run) {
  Terms terms;
  if (run.approval->says.two_person) {
    terms.push_back({"Two persons",
                     "the rule: who approved had a login that the kernel knew, had not imported or "
                     "corrected anything, and did not own the configuration"});
  }
  for (const auto& further : run.further_approvals) {
    terms.push_back({"Approved too", "by " + further.says.user + ", " + logged_text(further) +
                                         (further.says.two_person ? ", by the same rule" : "")});
  }
  terms.push_back({"Plan, SHA-256", run.approval->says.plan, true});
  return terms;
}

Terms authority_terms(const certify::RunFacts& run, const std::string& by_what) {
  if (run.approval) {
    const audit::PlanApprove& says = run.approval->says;
    Terms terms{{"Authority", fmt::format("{}, and {}'s approval of the plan for {}", by_what,
                                          says.user, day_text(says.today))},
                {"Approved", logged_text(*run.approval)}};
    const Terms approved = approval_terms(run);
    terms.insert(terms.end(), approved.begin(), approved.end());
    return terms;
  }
  if (run.start && !run.start->says.approval.empty()) {
    return {{"Authority", by_what + ", and an approval that no entry of the log states"},
            {"Plan, SHA-256", run.start->says.approval, true}};
  }
  return {{"Authority", by_what + "; the run needed no approval"}};
}

Terms run_terms(const std::string& run, const certify::RunFacts& facts) {
  Terms terms{{"Run", run, true}};
  if (facts.start) {
    const audit::RunStart& start = facts.start->says;
    terms.push_back({"Machine", start.host});
    terms.push_back({"User", start.user});
    terms.push_back(
        {"Started", moment_text(facts.start->time) + " (" + entry_text(facts.start->seq) + ")"});
  } else {
    terms.push_back({"Started", "no entry of the log states it"});
  }
  if (facts.start && facts.start->says.restricted) {
    terms.push_back({"Restricted",
                     "to what had been ordered to be destroyed, and to what an "
                     "interrupted run had left; nothing else that was due was tried"});
  }
  if (facts.end) {
    const std::string& outcome = facts.end->says.outcome;
    const std::string words = outcome == "complete"  ? "complete"
                              : outcome == "stopped" ? "stopped before its end"
                                                     : outcome;
    terms.push_back({"Ended", fmt::format("{} ({}): {}", moment_text(facts.end->time),
                                          entry_text(facts.end->seq), words)});
  } else {
    terms.push_back({"Ended", "no entry of the log says so: it was interrupted, or is still on"});
  }
  if (facts.start && !facts.start->says.tool.empty()) {
    terms.push_back({"Program", facts.start->says.tool});
  }
  return terms;
}

Bullets limits(const std::string& medium) {
  Bullets bullets;
  const auto has = [&](const char* term) { return medium.find(term) != std::string::npos; };
  bullets.push_back(
      has("ssd") || has("virtual") || has("network") || has("unknown") || medium.empty()
          ? "A solid-state disk, a disk array or a virtual disk may write new bytes elsewhere and "
            "keep the old ones where no program can read them (remapped blocks, wear levelling). "
            "Nothing is claimed of such copies."
          : "A device may have put blocks aside before, and keep the old bytes in them. Nothing is "
            "claimed of such copies.");
  bullets.push_back(
      has("snapshot") || has("thin")
          ? "There was a snapshot, or could be, below the archive (medium: " + medium +
                "): it keeps the old bytes until it is deleted."
          : "Snapshots of the disk or of the file system keep the old bytes until they "
            "are deleted.");
  bullets.emplace_back(
      "Backups, exports, transcripts elsewhere, and copies that were sent or kept on another "
      "machine "
      "were not looked for and not touched.");
  bullets.emplace_back(
      "The words used are \"overwritten\" and \"read back\", and they mean no more than that. It "
      "is "
      "not said of the medium as a whole that nothing can be recovered from it.");
  return bullets;
}

Section log_section(const certify::Opening& opening, const certify::Chosen& by, Terms first) {
  const audit::Checkpoint& says = by.file.note.checkpoint;
  Terms terms{{"Log", says.origin, true}};
  terms.insert(terms.end(), first.begin(), first.end());
  terms.push_back(
      {"Checkpoint", fmt::format("of {} entries ({})", base::grouped(says.size), by.name)});
  terms.push_back({"Root of the tree", base::to_hex(says.root), true});
  terms.push_back({"Checkpoint signed by", "key " + by.key_id});
  if (opening.predecessor) {
    const audit::Predecessor& before = *opening.predecessor;
    terms.push_back(
        {"Earlier log",
         fmt::format("this log was opened in the place of {} ({} entries; reason: {}; "
                     "decided by: {})",
                     before.origin, base::grouped(before.size), before.reason, before.authority)});
    terms.push_back({"Its root", base::to_hex(before.root), true});
  }
  terms.push_back(
      {"Time stamp",
       by.stamp
           ? fmt::format("{} ({}); whose it is was not checked for this page",
                         moment_text(by.stamp->time), by.stamp->name)
           : "none was kept for this checkpoint: when it was written, only the machine's clock "
             "says"});
  return {"Where it stands in the log", {std::move(terms)}};
}

Section check_section(const certify::Chosen& by, const std::string& entry_key_id,
                      const std::string& proof) {
  const std::string checkpoint_key = by.key_id + ".pub.pem";
  const std::string entry_key = entry_key_id + ".pub.pem";
  std::string command =
      "expunge log verify-certificate " + proof + " --public-key " + checkpoint_key;
  std::string script = "verify-certificate.sh " + proof + " " + checkpoint_key;
  if (entry_key_id != by.key_id) {
    command += " --public-key " + entry_key;
    script += " " + entry_key;
  }
  if (by.stamp) {
    command += " --timestamp " + stamp_file_of(proof) + " --tsa-ca AUTHORITY.pem";
  }
  const std::string keys = entry_key_id == by.key_id
                               ? "key " + by.key_id + " (the file " + checkpoint_key + ")"
                               : "keys " + by.key_id + " and " + entry_key_id + " (the files " +
                                     checkpoint_key + " and " + entry_key + ")";
  const std::string holder =
      entry_key_id == by.key_id
          ? "Whoever has key " + by.key_id + " could write another log, and sign it."
          : "Whoever has key " + by.key_id + " could sign a false root, and with key " +
                entry_key_id + " a whole false log.";
  return {"How to check it",
          {Paragraph{
               "This page proves nothing: anybody could have typed it. The file " + proof +
               " does. It holds the log's entry, and shows that it is one of those over which the "
               "checkpoint was signed. To check it, get the public " +
               keys + " from the controller by another way than with this page, and call one of"},
           Commands{{command, script}},
           Paragraph{"Then compare what the command prints with this page. The first command needs "
                     "expunge, the second one OpenSSL and the usual tools of a Unix system alone."},
           Paragraph{"It rests on the key that signed the checkpoint. " + holder +
                     " So compare the checkpoint with one that was kept elsewhere since the day "
                     "(--checkpoint), or with a time stamp, before you rely on it against the "
                     "controller."}}};
}

std::string stamp_file_of(const std::string& proof) {
  return proof.substr(0, proof.rfind(".tlog-proof")) + ".tsr";
}

Section signature_section() {
  Terms terms;
  for (const char* const label : {"Name", "Position", "Date", "Signature"}) {
    terms.push_back({label, "", false, true});
  }
  return {"Checked by (to be filled in by hand)", {std::move(terms)}};
}

std::string foot_text(const Issue& issue) {
  return "Made on " + moment_text(issue.at) + " by " + issue.tool +
         ". Controller and contact stand here as they were configured then; everything else is "
         "what "
         "the log says. Times are those of the machine's clock.";
}

}  // namespace expunge::report

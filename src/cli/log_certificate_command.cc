#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "audit/proof.h"
#include "base/error.h"
#include "base/text.h"
#include "certify/file_name.h"
#include "certify/recordings.h"
#include "cli/certificates.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "report/certificate_json.h"
#include "report/certificate_page.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// What the index adds to a refusal, where it can be read; no certificate needs it.
std::string index_hint(const Config& config, const std::string& id) {
  try {
    const auto index =
        archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
    const auto history = index.history(id);
    if (!history) return "";
    if (!history->past_log.empty()) {
      return "; it was destroyed under the log " + base::printable(history->past_log) +
             ", in whose place this one was opened: ask that one";
    }
    const bool gone =
        history->state == archive::State::destroyed || history->state == archive::State::removed;
    return gone ? "" : "; by the index it is not destroyed (expunge explain says more)";
  } catch (const Failure&) {
    return "";
  }
}

[[noreturn]] void refuse(const Config& config, const std::vector<certify::Refused>& refused) {
  for (const certify::Refused& each : refused) {
    message(base::printable(each.recording) + ": " + each.why +
            (each.named ? "" : index_hint(config, each.recording)));
  }
  throw Failure(ExitStatus::usage,
                fmt::format("recordings that nothing can be certified of: {}; nothing was written",
                            base::grouped(refused.size())));
}

/// Notes which of them have a file on disk again, where the index can be read; says so of each.
bool note_returned(const Config& config, std::vector<certify::RecordingFacts>& found) {
  bool any = false;
  try {
    const auto index =
        archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
    for (certify::RecordingFacts& facts : found) {
      const auto recording = index.find(facts.entry.says.recording);
      // What a run has missed since is not known to be there.
      facts.is_back =
          recording && recording->state == archive::State::returned && !recording->missing_seq;
      any = any || facts.is_back;
    }
  } catch (const Failure&) {
    // What a certificate proves is in the log alone.
  }
  for (const certify::RecordingFacts& facts : found) {
    if (!facts.is_back) continue;
    message(base::printable(facts.entry.says.recording) +
            ": a file of it is on disk again, by the index, such as from a backup; its certificate "
            "says so; see expunge explain");
  }
  return any;
}

std::vector<std::string> each_once(std::vector<std::string> ids) {
  std::set<std::string> seen;
  ids.erase(std::remove_if(ids.begin(), ids.end(),
                           [&](const std::string& id) { return !seen.insert(id).second; }),
            ids.end());
  return ids;
}

ExitStatus certify_recordings(const Invocation& call, const Options& options,
                              const std::vector<std::string>& ids) {
  base::Sys& sys = base::real_sys();
  const Config config = configure(sys, call.global);
  certify::Gathered gathered = certify::gather(sys, config.log, ids);
  if (!gathered.refused.empty()) refuse(config, gathered.refused);

  OutputFiles files = open_output(options);
  std::vector<std::string> names;
  for (const certify::RecordingFacts& facts : gathered.found) {
    const std::string name = certify::file_name_of(facts.entry.says.recording);
    names.insert(names.end(), {name + ".tlog-proof", name + ".txt", name + ".html"});
    if (facts.by.stamp) names.push_back(name + ".tsr");
  }
  files.check_free(names);

  const bool any_back = note_returned(config, gathered.found);
  const report::Issue issue = issue_of(config, call);
  certify::certify_all(
      sys, config.log, gathered.found, all_workers(),
      [&](const certify::RecordingFacts& facts, const audit::Certificate& certificate) {
        const std::string name = certify::file_name_of(facts.entry.says.recording);
        const std::string proof = name + ".tlog-proof";
        const report::Page page = report::certificate_page(facts, issue, proof);
        files.write(proof, audit::format_certificate(certificate));
        files.write(name + ".txt", report::page_text(page));
        files.write(name + ".html", report::page_html(page));
        if (facts.by.stamp) files.write(report::stamp_file_of(proof), facts.by.stamp->der);
      });
  files.keep();
  if (options.has("json")) {
    std::cout << report::certificates_json(gathered.found, issue) << "\n";
  } else if (!call.global.quiet) {
    for (const std::string& name : names) std::cout << base::printable(files.path(name)) << "\n";
  }
  return any_back ? ExitStatus::needs_person : ExitStatus::done;
}

}  // namespace

ExitStatus log_certificate_command(Invocation call) {
  Options options(
      "log certificate ID… [--output DIR] [--replace] [--json]\n"
      "       expunge log certificate --run RUN [--output DIR] [--replace] [--json]\n"
      "       expunge log certificate --department NAME --recorded FROM..TO [--format FORMAT]\n"
      "           [--output FILE] [--replace]",
      "Certificates of destruction, from the log alone: for each recording ID.tlog-proof, which\n"
      "an outsider can check (expunge log verify-certificate), and ID.txt and ID.html, which a\n"
      "person can read and print. Nothing is written when one of them was not destroyed.\n"
      "With --run: RUN.txt and RUN.html on a whole run, RUN.csv with a row for each recording,\n"
      "RUN.tlog-proof, and the certificates of what it destroyed in the directory RUN.\n"
      "With --department: what became of its recordings of those days, in figures, by the log,\n"
      "and by the index where it can be read.");
  options.argument("id", -1)
      .value("run", "a run, such as 20261124T020000Z-5f0c")
      .value("department", "this department's recordings, without their numbers")
      .value("recorded", "made on these days, as 2025-11-01..2025-11-30, or on one")
      .value("format", "text (the default), html or json, with --department")
      .value("output",
             "the directory for the files (default: this one); with --department, the file")
      .flag("replace", "replace files that are there")
      .flag("json", "print what the pages say as JSON");
  if (!options.parse(call)) return ExitStatus::done;
  const std::vector<std::string> ids = each_once(options.list("id"));
  const bool asks_days = options.has("department") || options.has("recorded");
  if (asks_days && (options.has("run") || !ids.empty())) {
    options.refuse("--department and --recorded take neither --run nor an ID");
  }
  if (asks_days) return answer_days(call, options);
  if (options.has("format")) options.refuse("--format goes with --department alone");
  if (options.has("run")) {
    if (!ids.empty()) options.refuse("--run takes no ID");
    return certify_run(call, options, options.required("run"));
  }
  if (ids.empty()) options.refuse("a recording's ID is missing");
  return certify_recordings(call, options, ids);
}

}  // namespace expunge::cli

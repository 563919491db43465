#include <iostream>

#include "audit/log.h"
#include "audit/proof.h"
#include "base/text.h"
#include "certify/file_name.h"
#include "certify/run_account.h"
#include "cli/certificates.h"
#include "report/run_certificate.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

constexpr const char* kProof = ".tlog-proof";

/// The last of the run's own entries, which its proof is of.
std::uint64_t last_own_seq(const certify::RunAccount& account) {
  if (account.facts->end) return account.facts->end->seq;
  if (!account.brakes.empty()) return account.brakes.back().seq;
  return account.facts->start->seq;
}

/// Writes the proofs: of the run's own entries beside the page, of recordings in the directory.
void write_proofs(OutputFiles& files, const report::RunFiles& names, const Config& config,
                  const certify::RunAccount& account) {
  const std::uint64_t last = last_own_seq(account);
  const bool any = !account.proved.empty();
  if (any) files.begin_directory(names.directory);
  certify::certify_run(
      base::real_sys(), config.log, account, all_workers(),
      [&](const audit::Certificate& certificate) {
        const std::string text = audit::format_certificate(certificate);
        const std::string_view id =
            audit::recording_of({certificate.index, "", "", certificate.line});
        if (!id.empty()) {
          files.write_in(names.directory, certify::file_name_of(id) + kProof, text);
        } else if (certificate.index == last) {
          files.write(names.proof, text);
        } else if (account.facts->start && certificate.index == account.facts->start->seq) {
          files.write(names.start, text);
        }
      });
  if (any) files.publish_directory(names.directory, kProof);
}

}  // namespace

ExitStatus certify_run(const Invocation& call, const Options& options, const std::string& run) {
  const Config config = configure(base::real_sys(), call.global);
  const std::string name = certify::file_name_of(run);
  report::RunFiles names{name + ".csv", name + kProof, name + ".start" + kProof, name};
  OutputFiles files = open_output(options);
  const std::string stamp = report::stamp_file_of(names.proof);
  files.check_free(std::vector{name + ".txt", name + ".html", names.csv, names.proof, names.start,
                               names.directory, stamp});

  files.append(names.csv, report::kRunCsvHeading);
  const certify::RunAccount account = certify::account_for(
      base::real_sys(), config.log, run,
      [&](const certify::RunItem& item) { files.append(names.csv, report::run_csv_row(item)); });
  // Of a run that only started, that is the last entry.
  if (!account.facts->start || !account.facts->end) names.start.clear();
  write_proofs(files, names, config, account);
  files.publish(names.csv);
  const report::Issue issue = issue_of(config, call);
  const report::Page page = report::run_page(account, issue, names);
  files.write(name + ".txt", report::page_text(page));
  files.write(name + ".html", report::page_html(page));
  if (account.by.stamp) files.write(stamp, account.by.stamp->der);
  files.keep();
  if (options.has("json")) {
    std::cout << report::run_json(account, issue, names) << "\n";
  } else if (!call.global.quiet) {
    for (const std::string& each : {name + ".txt", name + ".html", names.csv, names.proof,
                                    names.start, account.by.stamp ? stamp : ""}) {
      if (!each.empty()) std::cout << base::printable(files.path(each)) << "\n";
    }
    if (!account.proved.empty()) std::cout << base::printable(files.path(names.directory)) << "/\n";
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli

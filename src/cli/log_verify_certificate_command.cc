#include <iostream>
#include <utility>

#include "audit/certificate_check.h"
#include "base/io.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "cli/timestamps.h"
#include "report/proof_report.h"

namespace expunge::cli {

using base::ExitStatus;

ExitStatus log_verify_certificate_command(Invocation call) {
  Options options(
      "log verify-certificate FILE --public-key KEY [OPTION…]",
      "Checks a certificate of one entry, without the log and without a configuration; then\n"
      "says what the entry says, and what that rests on. Exit status 4: it does not hold.");
  options.argument("file", 1)
      .values("public-key",
              "PEM, from outside the certificate. The first must have signed its checkpoint; "
              "more, for its entry's own signature")
      .value("checkpoint", "one of the same log, kept elsewhere, signed by such a key")
      .value("consistency", "the proof between the two checkpoints, where their sizes differ")
      .value("timestamp", "a time stamp over the certificate's checkpoint, or over --checkpoint");
  add_timestamp_trust(options);
  options.flag("json", "the result as JSON");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string file = options.required("file");
  const auto key_paths = options.list("public-key");
  if (key_paths.empty()) options.refuse("--public-key is missing");
  if (options.has("consistency") && !options.has("checkpoint")) {
    options.refuse("--consistency needs --checkpoint");
  }
  if (options.has("timestamp") != options.has("tsa-ca")) {
    options.refuse("--timestamp and --tsa-ca need each other");
  }
  base::Sys& sys = base::real_sys();
  const auto read = [&](const std::string& path) {
    return audit::NamedText{path, base::read_file(sys, path)};
  };
  audit::CertificateEvidence evidence{read(file), {}, {}, {}};
  for (const std::string& path : key_paths) evidence.keys.push_back(read(path));
  if (options.has("checkpoint")) evidence.checkpoint = read(options.required("checkpoint"));
  if (options.has("consistency")) evidence.consistency = read(options.required("consistency"));
  if (auto trust = timestamp_trust(sys, options)) {
    evidence.time_stamp = {read(options.required("timestamp")), std::move(*trust)};
  }
  const audit::CertificateFindings findings = audit::check_certificate(evidence);
  if (options.has("json")) {
    std::cout << report::proof_json(findings) << "\n";
  } else if (!call.global.quiet) {
    std::cout << report::proof_text(findings);
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli

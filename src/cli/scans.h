#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "intake/scan.h"

// What the commands that scan the archive share.
namespace expunge::cli {

/// Adds the options of `import` that belong to --scan.
void add_scan_options(Options& options);

/// `import --scan`.
[[nodiscard]] base::ExitStatus import_scan(const Invocation& call, const Options& options);

/// Throws Failure(usage) when an option is given that --scan alone takes.
void refuse_scan_options(const Options& options);

/// Scans into the desk's index and logs it as an import of `source`; where dates were taken from
/// files' times, with `-mtime` behind it. Before the scan `back` is taken: rows of files that hold
/// what was destroyed once, each with its recording's id; one that cannot be tied to that recording
/// is named in a message, and the scan leaves it out. Prints what came of it, and what a person
/// should look at as messages. Throws Failure(usage), and nothing is imported, when there are
/// refused recordings and `bad_rows` says so.
[[nodiscard]] base::ExitStatus scan_and_log(const Invocation& call, Desk& desk,
                                            const intake::ScanOptions& scan,
                                            archive::OpaqueIds opaque_ids, intake::BadRows bad_rows,
                                            const std::string& source,
                                            const std::vector<archive::ImportRow>& back = {});

/// `--settled`, or ten minutes.
[[nodiscard]] std::chrono::seconds settled_of(const Options& options);

}  // namespace expunge::cli

#pragma once

#include <optional>
#include <string>

#include "archive/importer.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "intake/reader.h"

namespace expunge::cli {

/// The options of `import` that say how its file is read.
void declare_reading(Options& options);

/// What they say; the file that --map-department names is read. Throws Failure(usage).
[[nodiscard]] intake::ReadOptions reading_of(const Options& options, const std::string& file);

/// What the file says that --map-department names; nullopt without that option. Throws
/// Failure(usage).
[[nodiscard]] std::optional<intake::DepartmentMap> department_map_of(const Options& options);

/// Fills in what the configuration knows: of a recorder's export the archive's root, the zone that
/// --timezone did not name, and the time.
void take_from(const Desk& desk, intake::ReadOptions& reading);

[[nodiscard]] archive::ImportKind kind_of(const Options& options,
                                          const intake::ReadOptions& reading);

/// What the log calls it.
[[nodiscard]] const char* log_source(intake::Format format);

}  // namespace expunge::cli

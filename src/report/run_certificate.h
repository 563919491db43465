#pragma once

#include <string>
#include <string_view>

#include "certify/run_account.h"
#include "report/certificate_parts.h"
#include "report/page.h"

namespace expunge::report {

/// The names of the files beside the page.
struct RunFiles {
  std::string csv;        ///< a row for each recording
  std::string proof;      ///< of the run's last entry
  std::string start;      ///< of its `run.start`; empty: there is none
  std::string directory;  ///< with the certificates of recordings
};

/// What a run destroyed, and what it did not: in figures, with lists of the first ones.
[[nodiscard]] Page run_page(const certify::RunAccount& account, const Issue& issue,
                            const RunFiles& files);

/// The heading of the CSV, and a row of it; both with their LF.
inline constexpr std::string_view kRunCsvHeading =
    "recording,department,recorded,due,seq,time,result,bytes,claim,method,filesystem,medium,reason,"
    "note,authority,ground\n";
[[nodiscard]] std::string run_csv_row(const certify::RunItem& item);

/// The page's figures for programs: one object, see expunge(1).
[[nodiscard]] std::string run_json(const certify::RunAccount& account, const Issue& issue,
                                   const RunFiles& files);

}  // namespace expunge::report

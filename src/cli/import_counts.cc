#include "cli/import_counts.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"

namespace expunge::cli {

std::string contradictions_text(const archive::ImportCounts& counts) {
  if (counts.contradictions == 0) return "";
  return "; new contradictions: " + base::grouped(counts.contradictions);
}

void say_what_needs_person(const archive::ImportCounts& counts) {
  if (counts.contradictions > 0) {
    message(
        fmt::format("facts of which this import says otherwise than the index, and none did "
                    "before: {}; their recordings are attention, and expunge plan lists them",
                    base::grouped(counts.contradictions)));
  }
  if (counts.returned > 0) {
    message(
        fmt::format("recordings destroyed once of which a file is back on disk: {}; expunge "
                    "plan lists them",
                    base::grouped(counts.returned)));
  }
}

}  // namespace expunge::cli

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
        fmt::format("new contradictions between this import and the index: {}; expunge plan lists "
                    "their recordings as attention",
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

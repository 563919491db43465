#pragma once

#include <string>
#include <vector>

#include "support/office.h"

namespace expunge::test {

/// An office with a past: two recordings destroyed, one due but held, one kept, all under the log
/// that init made; and what it takes to open another in its place.
class OldOffice {
 public:
  OldOffice();

  /// Names new files for log and keys in the configuration.
  void name_new_log(const std::string& origin = kNewOrigin) const;
  /// `init --successor-of` for this configuration, with good arguments unless told.
  [[nodiscard]] std::vector<std::string> words(const std::string& checkpoint = "",
                                               const std::string& reason = "key-lost") const;
  [[nodiscard]] Ended succeed(const std::string& checkpoint = "") const;
  /// Changes a line of the old log that its checkpoint covers.
  void tamper() const;
  void lose_key() const;

  [[nodiscard]] std::string directory() const { return office.scratch / "office"; }
  [[nodiscard]] std::string old_log() const { return directory() + "/log"; }
  [[nodiscard]] std::string new_log() const { return directory() + "/log-2"; }
  [[nodiscard]] std::string old_origin() const;

  static constexpr const char* kNewOrigin = "recordings.example.gov.uk/destruction-log-2";

  Office office;
  std::string csv;  ///< as imported
};

/// Does what the message of an init says, in front of " and try again"; whether it says anything.
bool remove_as_told(const std::string& message);

}  // namespace expunge::test

/// For tests that include "support/catch.h".
#define REQUIRE_DESTRUCTION(old)                                                                \
  do {                                                                                          \
    if (!(old).office.can_destroy()) SKIP_TEST("no file system here that overwrites in place"); \
  } while (false)

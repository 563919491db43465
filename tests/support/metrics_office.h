#pragma once

#include <map>
#include <string>

#include "support/office.h"

// An office whose runs and status write metrics.
namespace expunge::test::metrics_office {

/// The telephone number of every recording there.
inline constexpr const char* kNumber = "01632960001";

using Samples = std::map<std::string, double>;

/// An office that writes metrics, into a directory of their own, with a recording that is kept: so
/// nobody wonders where new ones stay.
struct Monitored {
  Monitored();

  /// Imports recordings of so many days ago.
  void add(const std::string& prefix, int count, int days) const;
  void approve() const;
  [[nodiscard]] Ended run() const { return office.call({"run", "--quiet"}); }
  /// Empty when there is no file.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] Samples samples() const;
  /// -1 when there is none of that name.
  [[nodiscard]] double sample(const std::string& name) const;
  [[nodiscard]] double outcome(const std::string& word) const;
  /// Where they are written there is this file alone.
  void check_alone() const;

  Office office;
  std::string directory = office.scratch / "textfile collector";
  std::string file = directory + "/expunge.prom";
  std::string plain;  ///< the configuration, without metrics
};

/// The machine's time, in seconds since 1970.
[[nodiscard]] double now();

}  // namespace expunge::test::metrics_office

/// For tests that include "support/catch.h": skips one where runs cannot destroy anything.
#define NEEDS_A_DISK(monitored) \
  if (!(monitored).office.can_destroy()) SKIP_TEST("no file system here that overwrites in place")

#pragma once

#include <string>
#include <vector>

#include "support/program.h"
#include "support/scratch.h"

namespace expunge::test {

/// A place with a configuration made by `expunge init`, worked in through the program itself.
class Office {
 public:
  /// Makes the root, `recordings` unless it is given, and calls init.
  explicit Office(const std::string& root = "");

  /// Calls expunge with this configuration.
  [[nodiscard]] Ended call(std::vector<std::string> words, const std::string& input = "",
                           uid_t uid = 0) const;

  /// RFC 3339 instant so many days before now, at noon.
  [[nodiscard]] static std::string days_ago(int days);

  /// Adds lines to the configuration.
  void configure(const std::string& lines) const;
  void write(const std::string& below_root, const std::string& content) const;
  [[nodiscard]] bool exists(const std::string& below_root) const;
  /// The digest that `plan` prints.
  [[nodiscard]] std::string digest() const;
  /// Whether files here can be destroyed.
  [[nodiscard]] bool can_destroy() const;

  Scratch scratch;
  std::string config, root;
};

[[nodiscard]] bool contains(const std::string& text, const std::string& part);

}  // namespace expunge::test

/// Checks an exit status, and shows what the program printed when it is another. For tests that
/// include "support/catch.h".
#define CHECK_ENDED(call, expected)              \
  do {                                           \
    const expunge::test::Ended checked = (call); \
    INFO(checked.out);                           \
    INFO(checked.err);                           \
    CHECK(checked.status == (expected));         \
  } while (false)

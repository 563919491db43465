#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "support/program.h"

namespace expunge::test {

/// A database server of the test's own, on a socket in a directory of its own, ended with it. It
/// knows nothing of any other server on the machine.
class Database {
 public:
  enum class Kind { mariadb, postgresql };

  /// Throws std::runtime_error when it does not start.
  explicit Database(Kind kind);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Why such a server cannot be started here; empty: it can.
  [[nodiscard]] static std::string missing(Kind kind);

  /// Runs SQL in a database, which is made before if there is none; throws when it fails.
  void run(const std::string& database, const std::string& sql) const;
  /// Runs a shell command whose mysql or psql meets this server, in `directory`.
  [[nodiscard]] Ended shell(const std::string& command, const std::string& directory) const;

 private:
  void start();
  void end();
  [[nodiscard]] bool answers() const;
  [[nodiscard]] std::string environment() const;

  Kind kind_;
  std::filesystem::path place_;  // a short one: the name of a socket may have 107 bytes
  uid_t uid_ = 0;                // of the server: PostgreSQL refuses root
  pid_t pid_ = -1;
};

}  // namespace expunge::test

#include "support/database.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/scratch.h"

namespace expunge::test {
namespace {

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

/// Debian keeps the server's programs in a directory of the version.
std::string postgresql_programs() {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    if (std::filesystem::exists(version.path() / "bin/initdb")) {
      found.push_back(version.path() / "bin");
    }
  }
  return found.empty() ? "" : *std::max_element(found.begin(), found.end());
}

void must(const std::string& what, const Ended& ended) {
  if (ended.status != 0) throw std::runtime_error(what + ": " + ended.out + ended.err);
}

pid_t spawn(const std::vector<std::string>& words, const std::string& log, uid_t uid) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (uid != 0 && (::setgid(uid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

std::string Database::missing(Kind kind) {
  if (kind == Kind::mariadb) {
    for (const char* program : {"mariadbd", "mariadb-install-db", "mysql"}) {
      if (!has_program(program)) return std::string("no ") + program + " (mariadb-server)";
    }
    return "";
  }
  if (postgresql_programs().empty()) return "no PostgreSQL server (postgresql)";
  return has_program("psql") ? "" : "no psql (postgresql-client)";
}

Database::Database(Kind kind) : kind_(kind) {
  // Not a Scratch: mariadb-install-db takes no name with a space in it.
  std::string name = "/tmp/expunge-db-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  place_ = name;
  if (kind_ == Kind::postgresql && ::getuid() == 0) {
    const passwd* nobody = ::getpwnam("nobody");
    if (nobody == nullptr) throw std::runtime_error("there is no user nobody");
    uid_ = nobody->pw_uid;
    if (::chown(place_.c_str(), uid_, uid_) != 0) throw std::runtime_error("chown");
  }
  try {
    start();
  } catch (...) {
    end();
    throw;
  }
}

Database::~Database() {
  end();
}

void Database::end() {
  if (pid_ > 0) {
    ::kill(pid_, kind_ == Kind::mariadb ? SIGTERM : SIGINT);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(place_, ignored);
}

void Database::start() {
  const std::string data = (place_ / "data").string();
  if (kind_ == Kind::mariadb) {
    const std::string user = ::getpwuid(::getuid())->pw_name;
    must("mariadb-install-db",
         run_program({"mariadb-install-db", "--no-defaults", "--datadir=" + data, "--user=" + user,
                      "--auth-root-authentication-method=normal", "--skip-test-db"}));
    // Debian's own configuration names a socket, which outdoes MYSQL_UNIX_PORT.
    spill(place_ / ".my.cnf", "[client]\nuser=root\nsocket=" + (place_ / "s").string() + "\n");
    pid_ = spawn(
        {"mariadbd", "--no-defaults", "--datadir=" + data, "--user=" + user,
         "--socket=" + (place_ / "s").string(), "--skip-networking",
         "--pid-file=" + (place_ / "pid").string(), "--innodb-buffer-pool-size=16M", "--sql-mode="},
        (place_ / "log").string(), 0);
  } else {
    must("initdb", run_program({postgresql_programs() + "/initdb", "--no-sync", "--auth=trust",
                                "--username=expunge", "--encoding=UTF8", "--locale=C", data},
                               "", uid_));
    pid_ = spawn({postgresql_programs() + "/postgres", "-D", data, "-k", place_.string(), "-F",
                  "-c", "listen_addresses=", "-c", "timezone=UTC"},
                 (place_ / "log").string(), uid_);
  }
  for (int tries = 0; !answers(); ++tries) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("the server ended: " + slurp(place_ / "log"));
    }
    if (tries == 600)
      throw std::runtime_error("the server does not answer: " + slurp(place_ / "log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::string Database::environment() const {
  const std::string home = "HOME=" + quoted(place_.string());  // with .my.cnf
  if (kind_ == Kind::mariadb) return home + " ";
  return home + " PGHOST=" + quoted(place_.string()) + " PGUSER=expunge ";
}

bool Database::answers() const {
  const std::string ask =
      kind_ == Kind::mariadb ? "mysql -e 'SELECT 1'" : "psql -d postgres -c 'SELECT 1'";
  return shell(ask, "/").status == 0;
}

Ended Database::shell(const std::string& command, const std::string& directory) const {
  return run_program(
      {"sh", "-c", "cd \"$0\" && export " + environment() + "&& " + command, directory});
}

void Database::run(const std::string& database, const std::string& sql) const {
  spill(place_ / "sql", sql);
  if (kind_ == Kind::mariadb) {
    must("mysql", shell("mysql -e 'CREATE DATABASE IF NOT EXISTS " + database + "' && " +
                            "mysql --default-character-set=utf8mb4 " + database + " < sql",
                        place_.string()));
    return;
  }
  must("psql", shell("(psql -d " + database + " -c 'SELECT 1' || createdb " + database +
                         ") >/dev/null 2>&1; psql -v ON_ERROR_STOP=1 -d " + database + " -f sql",
                     place_.string()));
}

}  // namespace expunge::test

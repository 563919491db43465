#include "archive/integrity.h"

#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "archive/store.h"

namespace expunge::archive {
namespace {

/// Interrupts what a connection is doing once its time is over. A progress handler would not do:
/// SQLite before 3.41 calls none while it walks a tree.
class Deadline {
 public:
  Deadline(sqlite3* database, std::chrono::milliseconds after)
      : watch_([this, database, after] { wait(database, after); }) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    watch_.join();
  }
  [[nodiscard]] bool passed() const { return passed_; }

 private:
  void wait(sqlite3* database, std::chrono::milliseconds after) {
    constexpr std::chrono::milliseconds kAgain{20};  // it may not have begun the first time
    std::unique_lock<std::mutex> lock(mutex_);
    while (!changed_.wait_for(lock, passed_ ? kAgain : after, [this] { return ended_; })) {
      passed_ = true;
      sqlite3_interrupt(database);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::atomic<bool> passed_ = false;
  std::thread watch_;  // last: it uses all the others
};

}  // namespace

Faults find_faults(const std::string& path, std::size_t at_most, std::chrono::milliseconds within) {
  try {
    Store store(path, Index::Access::read);
    SQLite::Statement check(store.database, "PRAGMA quick_check(" + std::to_string(at_most) + ")");
    Faults faults;
    const Deadline deadline(store.database.getHandle(), within);
    try {
      while (check.executeStep()) faults.lines.push_back(check.getColumn(0).getString());
    } catch (const SQLite::Exception& error) {
      if (!deadline.passed() || error.getErrorCode() != SQLITE_INTERRUPT) throw;
    }
    faults.finished = !deadline.passed();
    std::erase(faults.lines, "ok");
    return faults;
  } catch (const SQLite::Exception& error) {
    fail_sqlite(path, Index::Access::read, error);
  }
}

}  // namespace expunge::archive

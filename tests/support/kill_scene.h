#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "support/checker.h"
#include "support/office.h"
#include "support/ptrace_run.h"

namespace expunge::test {

/// An office just before its first night, of recordings that are due, held and kept, which can be
/// put back to this moment any number of times; and the built program in it, traced.
class KillScene {
 public:
  struct Shape {
    int due = 6;
    int files_each = 3;  ///< audio, a transcript, a key, and more audio
    unsigned workers = 8;
    std::string root;          ///< where the archive is; beside the index unless given
    std::string index_at;      ///< directory of the index, which it has for itself
    std::string log_at;        ///< directory in which the log's is, which it has for itself
    unsigned descriptors = 0;  ///< 256: batches of 64 files
    bool rotates = false;      ///< each run rotates the log's key
    std::string holds = "release-delay = none\n";  ///< lines of the configuration's section
  };
  explicit KillScene(const Shape& shape);

  /// The first night is about to begin again: no run, an approval, one hold.
  void reset() const;

  /// `expunge run`, and any other command, traced.
  [[nodiscard]] Traced run(const Judge& judge) const;
  [[nodiscard]] Traced call(std::vector<std::string> words, const Judge& judge) const;
  /// `expunge run --quiet`, as on the next night.
  [[nodiscard]] Ended next_run() const;

  /// How many mutations an undisturbed night has; resets before.
  [[nodiscard]] std::uint64_t count_mutations() const;
  /// The numbers of those worth a try each: on XFS thousands fill the file system's log, and one
  /// is like the other.
  [[nodiscard]] std::vector<std::uint64_t> distinct_mutations() const;

  /// A judge of this scene, which begins with what stands there now.
  [[nodiscard]] Checker checker() const;
  /// The same, with other fates for some.
  [[nodiscard]] Checker checker(const std::map<std::string, Fate>& other) const;
  /// Files below the root that nobody put there, and, when the night is over, of what is due.
  [[nodiscard]] std::vector<std::string> strange_files() const;

  struct Put {
    Fate fate;
    std::map<std::string, std::string> files;
  };
  /// What was put there, by id: `due-0`, …, `held-0`, `kept-0`.
  [[nodiscard]] const std::map<std::string, Put>& put() const { return put_; }
  [[nodiscard]] std::string index() const { return index_at_ + "/index.db"; }
  [[nodiscard]] std::string log() const { return log_at_ + "/log"; }
  [[nodiscard]] audit::LogPlace log_place() const { return {log(), origin_}; }
  [[nodiscard]] std::string office_dir() const { return office.scratch / "office"; }

  Office office;

 private:
  void add(const std::string& id, Fate fate, int files, const std::string& directory, int days,
           std::string& csv);

  void move_books(std::string& config);

  Shape shape_;
  std::map<std::string, Put> put_;
  std::string origin_, index_at_, log_at_;
};

/// One sweep: which of its points are tried, and what came of them. Printed at its end, as
/// `swept: <name> points=<n> failures=<m>`.
class Sweep {
 public:
  /// Tries all points, but no more than `most`, with EXPUNGE_SWEEP=all in the environment, else
  /// about `sampled`.
  Sweep(std::string name, std::size_t sampled,
        std::size_t most = std::numeric_limits<std::size_t>::max());
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  ~Sweep();

  /// Which of `count` points to try.
  [[nodiscard]] std::vector<std::uint64_t> points(std::uint64_t count) const;
  [[nodiscard]] static bool is_full();

  /// One point was tried; every fault there is one more. Each is printed.
  void tried(const std::string& where, const std::vector<std::string>& faults);
  [[nodiscard]] std::size_t failures() const { return failures_; }

 private:
  std::string name_;
  std::size_t sampled_, most_, points_ = 0, failures_ = 0;
};

/// Adds all of `more`, with what they are about in front.
void add_faults(std::vector<std::string>& faults, const std::string& about,
                const std::vector<std::string>& more);
/// Adds a fault when a command did not end so.
void expect_ended(std::vector<std::string>& faults, const std::string& about, const Ended& ended,
                  int status);

}  // namespace expunge::test

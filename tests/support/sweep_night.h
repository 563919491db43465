#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/checker.h"
#include "support/council.h"
#include "support/faulty_disk.h"
#include "support/loop_image.h"

namespace expunge::test {

/// One way in which one call of a run fails, and what else befalls before the next run.
struct Point {
  std::uint64_t call = 0;
  Way way = Way::error;
  std::optional<Unflushed> cut;  ///< the power goes when the run has ended, however that was
  std::uint32_t seed = 0;
  bool evicted = false;  ///< the page cache drops what it could not write
  std::string kin;       ///< what other points are like this one: its way, and what it is done to
};
[[nodiscard]] std::string words(const Point& point);

/// A council on two file systems of its own, one for the archive and one for index and log, that
/// is put back to the same evening before every trial, and whose disks fail.
class SweepNight {
 public:
  enum class Workload {
    night,        ///< some of everything, in batches of three files
    interrupted,  ///< the same, where a run died in its second batch and an append was torn
    empty,        ///< nothing is due
    removal,      ///< the archive has files that can only be unlinked
  };
  /// What happens between the run with the fault and the next.
  enum class Between {
    nothing,
    hold,         ///< on a part of what is due
    replacement,  ///< another file takes the place of one that is due
  };

  explicit SweepNight(Workload workload, unsigned workers = 1);
  ~SweepNight();

  struct Trial {
    bool tripped = false;
    std::string failed_call;
    std::vector<std::string> faults;
  };
  /// The evening; the run that fails at the point; what befalls; the checker; one more run; the
  /// checker; a power cut that loses all that may be lost; the checker.
  [[nodiscard]] Trial try_point(const Point& point, Between between = Between::nothing);
  /// The same with a second fault in the run after the first, and one more run after that.
  [[nodiscard]] Trial try_points(const Point& first, const Point& second);

  /// All calls of a run in which none fails.
  [[nodiscard]] std::vector<FaultyDisk::Call> calls();

 private:
  struct File {
    std::string path, content, role = "audio";
    enum class Trait { none, hole, preallocated, attribute, second_name } trait = Trait::none;
  };
  struct Call {
    std::string id, recorded_at;
    Fate fate;
    std::vector<File> files;
  };

  void plan_night();
  void plan_removal();
  void put_files() const;
  void put_evening();
  void prologue();
  /// A run in which something fails, and what befalls after it.
  bool run_into(const Point& point, Checker& checker, std::vector<std::string>& faults);
  void run_well(Checker& checker, std::vector<std::string>& faults);
  [[nodiscard]] bool says_all_is_well(const run::Report& report) const;
  void change_between(Between between, Checker& checker);
  void check_change(std::vector<std::string>& faults) const;
  [[nodiscard]] std::map<std::string, std::string> checkpoints() const;
  [[nodiscard]] bool has_torn_tail_aside() const;
  [[nodiscard]] std::vector<std::string> tops() const;
  void renew_disk();

  Workload workload_;
  LoopImage archive_, books_;
  std::unique_ptr<Council> council_;
  std::vector<Call> calls_;
  std::map<std::string, std::string> evening_;  ///< the files of index and log, by path
  std::unique_ptr<FaultyDisk> disk_;
  std::unique_ptr<Checker> checker_;
  std::uint64_t failed_when_well_ = 0;
  /// What must not change any more, by path: what has original bytes and is held by now, and what
  /// took the place of another file.
  std::map<std::string, std::string> untouchable_;
};

}  // namespace expunge::test

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "plan/plan.h"
#include "run/check.h"
#include "shred/target.h"

// The parts of run::check(); each adds its findings.
namespace expunge::run {

class Findings {
 public:
  using Level = Finding::Level;
  void ok(std::string about, std::string words) {
    add({Level::ok, std::move(about), std::move(words), ""});
  }
  void note(std::string about, std::string words, std::string remedy = "") {
    add({Level::note, std::move(about), std::move(words), std::move(remedy)});
  }
  void warning(std::string about, std::string words, std::string remedy) {
    add({Level::warning, std::move(about), std::move(words), std::move(remedy)});
  }
  void problem(std::string about, std::string words, std::string remedy) {
    add({Level::problem, std::move(about), std::move(words), std::move(remedy)});
  }
  [[nodiscard]] std::vector<Finding> take() { return std::move(list_); }

  /// What `part`, which reads the index, returns; a default value, with a problem, when that fails.
  template <typename Part>
  auto reading_index(Part&& part) -> decltype(part()) {
    try {
      return part();
    } catch (const base::Failure& failure) {
      index_fails(failure);
      return decltype(part())();
    }
  }

 private:
  void add(Finding finding) { list_.push_back(std::move(finding)); }
  void index_fails(const base::Failure& failure);
  std::vector<Finding> list_;
};

/// The file system of the archive root, what lies below it, and what is mounted beneath the root.
void check_archive(const CheckSetting& setting, const shred::ArchiveRoot& root, Findings& findings);

/// What lies below a file system; `about` is who asks. For the archive and, when it is elsewhere,
/// the index.
void check_medium(const shred::Ground& ground, const std::string& about, Findings& findings);

/// The file systems of index and log.
void check_books_ground(const CheckSetting& setting, const shred::ArchiveRoot* root,
                        Findings& findings);

/// Room and inodes for the next run's entries, and for its changes of the index.
void check_room(const CheckSetting& setting, const shred::ArchiveRoot* root,
                const plan::Summary* tonight, Findings& findings);

/// Who calls; and whether that user may write what a run writes.
void check_user(const CheckSetting& setting, Findings& findings);
/// Neither root nor the owner of the log: somebody who makes no runs here.
[[nodiscard]] bool is_onlooker(const CheckSetting& setting);

/// What kernel and process permit: erasing names, leases, opening beneath, descriptors.
void check_means(const CheckSetting& setting, const shred::ArchiveRoot* root, Findings& findings);

/// The log and the index's memory of it, the key, the clock. Nullopt when the log cannot be read or
/// trusted, which `report` then says.
[[nodiscard]] std::optional<audit::LogState> check_books(const CheckSetting& setting,
                                                         CheckReport& report, Findings& findings);

/// Whether a rotation of the log's key was interrupted, and what becomes of old keys.
void check_rotation(const CheckSetting& setting, Findings& findings);

/// Who else may change what a run relies on; what a run is kept from, and what it lacks.
void check_guard(const CheckSetting& setting, Findings& findings);

/// The plan of the next run, its brakes, and whose yes it waits for. Nullopt where none can be
/// made. Requires an index and a next run.
[[nodiscard]] std::optional<plan::Summary> check_tonight(const CheckSetting& setting,
                                                         const audit::LogState* log,
                                                         const shred::ArchiveRoot* root,
                                                         Findings& findings);

/// Whether anything calls a run every night, once, when people expect it, and has of late.
void check_schedule(const CheckSetting& setting, const audit::LogState* log, Findings& findings);

/// Files of the oldest recordings, opened as a run would open them, without what `log` (null: not
/// to be trusted) says is gone and the index does not know; an archive that is empty. Requires an
/// index.
void check_sample(const CheckSetting& setting, const audit::LogState* log,
                  const shred::ArchiveRoot& root, Findings& findings);

}  // namespace expunge::run

#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/checker.h"
#include "support/council.h"
#include "support/program.h"
#include "support/recorded_disk.h"

namespace expunge::test {

/// Every caller's number begins so.
inline constexpr std::string_view kCutSceneNumber = "0770";

/// A council whose archive, index and log lie on one or two disks that lose power.
class CutScene {
 public:
  enum class FileSystem { ext4_small, ext4, xfs };  ///< small: blocks of 1 KiB
  enum class Disks { one, archive_apart };

  /// Some tens of due and approved recordings, with several files some of them, in directories of
  /// their own and in ones that keep others; held ones, and ones that are not due.
  CutScene(FileSystem file_system, Disks disks);
  CutScene(const CutScene&) = delete;
  CutScene& operator=(const CutScene&) = delete;
  ~CutScene();

  [[nodiscard]] Council& council() { return *council_; }
  [[nodiscard]] const std::vector<std::string>& mount_points() const { return mount_points_; }
  /// Calls the program that was built, for this council.
  [[nodiscard]] Ended call(std::vector<std::string> words, const std::string& input = "") const;
  /// The recordings that are due, and not held.
  [[nodiscard]] const std::vector<std::string>& due() const { return due_; }
  /// Which id stands for which recording, in their numbers.
  [[nodiscard]] static std::string id_of(int i);
  /// A recording's files, with their content.
  [[nodiscard]] const std::map<std::string, std::string>& files_of(const std::string& id) const {
    return files_.at(id);
  }
  /// The one that is held from the beginning, by SAR-1.
  [[nodiscard]] static std::string held() { return id_of(18); }

  using Images = std::vector<std::string>;  ///< of the disks, by path

  /// What the disks hold at first.
  [[nodiscard]] const Images& first_images() const { return images_; }

  /// What happened on the disks, and what was promised on the way.
  struct Course {
    std::vector<DiskRecord> disks;
    std::uint64_t begin = 0, end = 0;
    struct Promise {
      std::uint64_t order;  ///< holds at every cut from here on
      std::function<std::string()> broken;
    };
    std::vector<Promise> promises;
  };
  /// Lets `work` happen, from these images on.
  [[nodiscard]] Course record(const Images& from, const std::function<void()>& work);
  /// During record(): from now on, whenever the power goes, `broken` is called on the mounted disks
  /// and returns what is wrong, or nothing.
  void promise(std::function<std::string()> broken);
  /// The promise that all is done, and needs no further run.
  void promise_finished();

  /// The images that the cut leaves; valid until the next call.
  [[nodiscard]] Images cut(Course& course, const PowerCut& cut, const std::string& name = "cut");

  /// What is done once the power is back.
  struct Aftermath {
    /// On the mounted disks; may change what the checker expects, and returns what is wrong.
    std::function<std::vector<std::string>(Checker&)> before_run = {};
    std::set<int> statuses = {0};  ///< of the run
    bool looks_for_numbers = true;
  };
  /// Everything that is wrong with these images, which are changed: as they are, and after
  /// `expunge run`.
  [[nodiscard]] std::vector<std::string> find_faults(const Images& images, const Course& course,
                                                     std::uint64_t order,
                                                     const Aftermath& aftermath);
  /// The same of images that no course led to.
  [[nodiscard]] std::vector<std::string> find_faults(const Images& images,
                                                     const Aftermath& aftermath);

  /// Lets `work` happen on disks of which one fails a flush, the n-th, and loses what it should
  /// have flushed. Returns what the disks then hold; empty when there were fewer flushes.
  [[nodiscard]] Images lie_at_flush(const Images& from, std::uint64_t number, std::size_t disk,
                                    const std::function<void()>& work);

  /// What is wrong after a lie: everything, where the file system is sound once its journal is
  /// replayed; else, because the kernel itself does not hear of every flush that fails, false
  /// claims alone.
  [[nodiscard]] std::vector<std::string> find_faults_after_lie(const Images& images);

  /// Puts files below the archive root of the first images: known, and not imported.
  void put(const std::map<std::string, std::string>& files);
  /// An answer of the index on the mounted disks.
  [[nodiscard]] std::string index_value(const std::string& sql) const;

  void mount(const Images& images);
  void unmount();

 private:
  struct Marks {
    std::vector<std::string> audio;
    std::set<std::string> numbers;  ///< of callers: in names and in the index
  };
  [[nodiscard]] Marks look(const Images& images) const;
  void furnish();
  using Disk = std::unique_ptr<RecordedDisk>;
  [[nodiscard]] std::vector<Disk> plug(const Images& images, EventOrder& order);
  void check_next_run(const Images& images, const Marks& before, Checker& checker,
                      const Aftermath& aftermath, std::vector<std::string>& faults);
  void add(archive::Importer& importer, int i, Fate fate, const std::string& recorded_at,
           const std::string& directory);
  [[nodiscard]] std::vector<std::string> find_left_over() const;
  [[nodiscard]] std::vector<std::string> check_file_systems(const Images& images) const;
  [[nodiscard]] std::string mount_or_repair(const Images& images);
  [[nodiscard]] std::string options() const;

  FileSystem file_system_;
  Scratch scratch_;
  std::vector<std::string> mount_points_;
  Images images_;
  std::size_t mounted_ = 0;  ///< of the mount points
  std::unique_ptr<Council> council_;
  std::unique_ptr<Checker> checker_;
  std::map<std::string, std::map<std::string, std::string>> files_;
  std::set<std::string> known_paths_;
  std::set<std::string> goes_numbers_;
  std::vector<std::string> due_;
  std::string config_;
  EventOrder* order_ = nullptr;
  Course* course_ = nullptr;
};

/// Promises, whenever an append to the log returns, that its entries and their checkpoint are there
/// from then on.
class PromisingSys : public base::Sys {
 public:
  explicit PromisingSys(CutScene& scene) : scene_(scene) {}
  int fsync(int fd) override;
  int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                unsigned flags) override;

 private:
  CutScene& scene_;
  bool is_replaced_ = false;
};

}  // namespace expunge::test

// What is wrong after a cut.

#include <fmt/format.h>

#include <stdexcept>

#include "support/cut_scene.h"
#include "support/loop_image.h"
#include "support/xfs_orphans.h"

namespace expunge::test {
namespace {

void append(std::vector<std::string>& to, const std::string& when,
            const std::vector<std::string>& faults) {
  for (const std::string& fault : faults) to.push_back(fmt::format("{}: {}", when, fault));
}

/// Calls a program on each, whatever comes of it.
void each_image(const CutScene::Images& images, const std::string& command) {
  for (const std::string& image : images) {
    static_cast<void>(run_program(
        {"sh", "-c", "PATH=\"$PATH:/usr/sbin:/sbin\"; " + command + " " + test::quoted(image)}));
  }
}

}  // namespace

CutScene::Marks CutScene::look(const Images& images) const {
  Marks marks;
  for (const std::string& image : images) {
    const std::string raw = slurp(image);
    for (std::string& id : marks_in(raw)) marks.audio.push_back(std::move(id));
    for (auto at = raw.find(kCutSceneNumber); at != std::string::npos;
         at = raw.find(kCutSceneNumber, at + 1)) {
      std::string number = raw.substr(at, 11);
      if (goes_numbers_.count(number) > 0) marks.numbers.insert(std::move(number));
    }
  }
  return marks;
}

std::vector<std::string> CutScene::find_left_over() const {
  std::vector<std::string> faults;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(council_->root)) {
    const std::string path = entry.path().string().substr(council_->root.size() + 1);
    if (entry.is_directory()) {
      if (std::filesystem::is_empty(entry.path())) faults.push_back(path + " is left, and empty");
    } else if (known_paths_.count(path) == 0) {
      faults.push_back(path + " is nobody's");
    }
  }
  for (const char* beside : {"checkpoint.new", "index.db.new"}) {
    for (const std::string& in : {council_->log_place.directory, council_->scratch / ""}) {
      if (std::filesystem::exists(std::filesystem::path(in) / beside)) {
        faults.push_back(std::string(beside) + " is left");
      }
    }
  }
  return faults;
}

std::vector<std::string> CutScene::check_file_systems(const Images& images) const {
  std::vector<std::string> faults;
  const std::string command =
      file_system_ == FileSystem::xfs ? "xfs_repair -n -o force_geometry" : "e2fsck -fn";
  for (const std::string& image : images) {
    const Ended ended = run_program(
        {"sh", "-c", "PATH=\"$PATH:/usr/sbin:/sbin\"; " + command + " " + test::quoted(image)});
    const bool is_kernels_own =
        file_system_ == FileSystem::xfs && is_about_orphans_attributes(ended.out + ended.err);
    if (ended.status != 0 && !is_kernels_own) {
      faults.push_back("the file system: " + ended.out + ended.err);
    }
  }
  return faults;
}

void CutScene::check_next_run(const Images& images, const Marks& before, Checker& checker,
                              const Aftermath& aftermath, std::vector<std::string>& faults) {
  const Ended ended = call({"--verbose", "run"});
  const std::size_t so_far = faults.size();
  if (aftermath.statuses.count(ended.status) == 0) {
    faults.push_back(fmt::format("the next run: exit {}", ended.status));
  }
  append(faults, "after the next run", checker.find_faults(Checker::Moment::finished));
  append(faults, "after the next run", find_left_over());
  unmount();
  const Marks after = look(images);
  append(faults, "the file system", check_file_systems(images));
  mount(images);
  append(faults, "on the device at the end", checker.find_claims_against(after.audio));
  unmount();
  if (aftermath.looks_for_numbers && !after.numbers.empty()) {
    faults.push_back(fmt::format("{} of {} numbers before are left on the device, as {}",
                                 after.numbers.size(), before.numbers.size(),
                                 *after.numbers.begin()));
  }
  if (faults.size() > so_far) faults.push_back("the next run said: " + ended.err);
}

/// What keeps the images from being mounted; empty when nothing does. ext4's superblock fills two
/// sectors, and the power may go between them. Then its checksum is put right (e2fsck would take a
/// backup superblock, of which a file system so small has none), and what is claimed must be true
/// all the same.
std::string CutScene::mount_or_repair(const Images& images) {
  for (const bool is_repaired : {false, true}) {
    try {
      mount(images);
      return {};
    } catch (const std::runtime_error& error) {
      const Ended kernel = run_program({"sh", "-c", "dmesg | tail -n 30 | grep -E 'XFS|EXT4|I/O'"});
      unmount();
      const bool is_torn = file_system_ != FileSystem::xfs &&
                           kernel.out.find("invalid superblock checksum") != std::string::npos;
      if (is_repaired || !is_torn) return std::string(error.what()) + "\n" + kernel.out;
      each_image(images, "debugfs -w -n -R 'set_super_value wtime now'");
    }
  }
  return {};
}

std::vector<std::string> CutScene::find_faults(const Images& images, const Aftermath& aftermath) {
  return find_faults(images, Course(), 0, aftermath);
}

std::vector<std::string> CutScene::find_faults(const Images& images, const Course& course,
                                               std::uint64_t order, const Aftermath& aftermath) {
  std::vector<std::string> faults;
  Checker checker = *checker_;
  const Marks before = look(images);
  if (const std::string fault = mount_or_repair(images); !fault.empty()) return {fault};
  try {
    append(faults, "at the cut", checker.find_faults(Checker::Moment::interrupted));
    append(faults, "at the cut", checker.find_claims_against(before.audio));
    for (const auto& promise : course.promises) {
      if (promise.order > order) continue;
      const std::string broken = promise.broken();
      if (!broken.empty()) faults.push_back("a promise: " + broken);
    }
    if (aftermath.before_run) append(faults, "before the run", aftermath.before_run(checker));
    check_next_run(images, before, checker, aftermath, faults);
  } catch (const std::exception& error) {
    faults.push_back(std::string("thrown: ") + error.what());
    unmount();
  }
  return faults;
}

std::vector<std::string> CutScene::find_faults_after_lie(const Images& images) {
  Checker checker = *checker_;
  const Marks raw = look(images);
  std::vector<std::string> faults;
  bool is_sound = true;
  try {
    mount(images);
    append(faults, "after the lie", checker.find_claims_against(raw.audio));
    unmount();
    is_sound = check_file_systems(images).empty();
  } catch (const std::exception&) {
    unmount();
    is_sound = false;
  }
  if (is_sound) {
    append(faults, "after the lie", find_faults(images, {}));
    return faults;
  }
  each_image(images,
             file_system_ == FileSystem::xfs ? "xfs_repair -L -o force_geometry" : "e2fsck -fy");
  try {
    mount(images);
    static_cast<void>(call({"run"}));
    unmount();
    const Marks after = look(images);
    mount(images);
    append(faults, "repaired", checker.find_claims_against(after.audio));
  } catch (const std::exception& error) {
    // It may have lost the log itself.
  }
  unmount();
  return faults;
}

}  // namespace expunge::test

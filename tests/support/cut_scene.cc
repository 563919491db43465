#include "support/cut_scene.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/text.h"
#include "support/loop_image.h"

namespace expunge::test {
namespace {

using namespace std::chrono_literals;

constexpr int kDays = 6;
constexpr int kCallsADay = 6;

std::string number_of(int i) {
  return fmt::format("{}{:07}", kCutSceneNumber, 1000000 + i * 7919);
}

std::string make_command(CutScene::FileSystem file_system) {
  switch (file_system) {
    case CutScene::FileSystem::ext4_small:
      return "mkfs.ext4 -q -b 1024";
    case CutScene::FileSystem::ext4:
      return "mkfs.ext4 -q -b 4096";
    case CutScene::FileSystem::xfs:
      break;
  }
  // Smaller than it makes any for others than its own tests.
  return "TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q";
}

/// Days before today, at noon.
std::string days_ago(int days) {
  using namespace std::chrono;
  const auto day = floor<std::chrono::days>(system_clock::now()) - std::chrono::days{days};
  return base::to_text(sys_seconds{day + hours{12}});
}

}  // namespace

std::string CutScene::id_of(int i) {
  return fmt::format("call-{:03}", i);
}

CutScene::CutScene(FileSystem file_system, Disks disks)
    : file_system_(file_system), scratch_(image_place()) {
  enter_mount_namespace();
  const std::size_t count = disks == Disks::one ? 1 : 2;
  for (std::size_t i = 0; i < count; ++i) {
    images_.push_back(scratch_ / fmt::format("image {}", i));
    mount_points_.push_back(scratch_ / fmt::format("mounted here {}", i));
    std::ofstream(images_.back()).close();
    std::filesystem::resize_file(images_.back(),
                                 file_system == FileSystem::xfs ? 24 << 20 : 20 << 20);
    shell(make_command(file_system) + " " + test::quoted(images_.back()) + " > /dev/null");
    std::filesystem::create_directory(mount_points_.back());
  }
  mount(images_);
  for (const std::string& place : mount_points_) std::filesystem::remove(place + "/lost+found");
  const std::string now =
      base::to_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  council_ = std::make_unique<Council>(now.c_str(), mount_points_.front());
  council_->root = mount_points_.back() + "/recordings";
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  council_->host = host;  // as the program sees it
  council_->limits.workers = 2;
  council_->limits.batch_files = 8;
  checker_ = std::make_unique<Checker>(council_->root, council_->index_path, council_->log_place);
  furnish();
  config_ = scratch_ / "expunge.conf";
  spill(config_, fmt::format("[archive]\nroot = {}\nindex = {}\n[retention]\n"
                             "timezone = Europe/London\n"
                             "department = Customer Services: 12 months\n"
                             "department = Revenues and Benefits: 12 months\n"
                             "[safety]\nmax-clock-step = 7 days\n"
                             "[destruction]\nworkers = 2\n"
                             "[log]\ndirectory = {}\norigin = {}\nkey = {}\n",
                             council_->root, council_->index_path, council_->log_place.directory,
                             council_->log_place.origin, council_->key_path));
  unmount();
}

CutScene::~CutScene() {
  council_.reset();
  if (mounted_ == 0) return;
  for (const std::string& place : mount_points_) ::umount2(place.c_str(), MNT_DETACH);
}

std::string CutScene::options() const {
  return file_system_ == FileSystem::xfs ? "nouuid" : "";
}

void CutScene::mount(const Images& images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    mount_image(images[i], mount_points_[i], options());
    ++mounted_;
  }
}

void CutScene::unmount() {
  while (mounted_ > 0) {
    shell("umount " + test::quoted(mount_points_[mounted_ - 1]));
    --mounted_;
  }
}

void CutScene::furnish() {
  auto index = council_->open_index();
  archive::Importer importer(
      index, archive::OpaqueIds::no, [](const std::string&) { return false; },
      council_->schedule.time_zone.civil_date(
          std::chrono::floor<std::chrono::seconds>(council_->now())));
  int i = 0;
  for (int day = 0; day < kDays; ++day) {
    for (int call = 0; call < kCallsADay; ++call, ++i) {
      // Some directories are emptied, others keep a recording.
      const bool is_kept = day % 2 == 1 && call % 3 == 2;
      const bool is_held = day == 3 && call == 0;
      add(importer, i, is_kept || is_held ? Fate::stays : Fate::goes,
          days_ago(is_kept ? 2 : 450 - day), fmt::format("2025/10/{:02}", day + 1));
    }
  }
  importer.commit();
  council_->place_hold("SAR-1", {held(), "", "", {}, {}});
  council_->approve();
}

void CutScene::add(archive::Importer& importer, int i, Fate fate, const std::string& recorded_at,
                   const std::string& directory) {
  const std::string id = id_of(i);
  const std::string name = fmt::format("{}/20251001-{:06}_{}", directory, i, number_of(i));
  std::map<std::string, std::string> files;
  const auto bytes = static_cast<std::size_t>(i % 5 == 4 ? 40000 : 2000 + i * 150);
  files[name + ".wav"] = marked_audio(id, bytes);
  if (i % 4 == 1) files[name + ".txt"] = marked_audio(id, 700);
  if (i % 7 == 3) files[name + ".key"] = marked_audio(id, 64);
  for (const auto& [path, content] : files) {
    const std::string role = path.ends_with(".wav")   ? "audio"
                             : path.ends_with(".txt") ? "transcript"
                                                      : "key";
    spill(council_->path(path), content);
    archive::ImportRow row;
    row.id = id;
    row.department = "Customer Services";
    row.recorded_at = base::parse_instant(recorded_at);
    row.subject = number_of(i);
    row.file = {path, role, content.size(), base::sha256(content)};
    if (const auto refused = importer.add(row)) throw std::runtime_error(*refused);
    known_paths_.insert(path);
  }
  checker_->expect(id, fate, files);
  files_[id] = files;
  if (fate != Fate::goes) return;
  due_.push_back(id);
  goes_numbers_.insert(number_of(i));
}

void CutScene::put(const std::map<std::string, std::string>& files) {
  mount(images_);
  for (const auto& [path, content] : files) {
    spill(council_->path(path), content);
    known_paths_.insert(path);
  }
  unmount();
}

std::string CutScene::index_value(const std::string& sql) const {
  return IndexCopy(council_->index_path).value(sql);
}

Ended CutScene::call(std::vector<std::string> words, const std::string& input) const {
  words.insert(words.begin(), {"--config", config_});
  return expunge(std::move(words), input);
}

std::vector<CutScene::Disk> CutScene::plug(const Images& images, EventOrder& order) {
  std::vector<Disk> disks;
  for (std::size_t i = 0; i < images.size(); ++i) {
    // XFS looks at the sequence number of a block that was half written, and takes it for whole.
    const std::size_t unit_bytes = file_system_ == FileSystem::xfs ? 4096 : 512;
    disks.push_back(
        std::make_unique<RecordedDisk>(images[i], mount_points_[i], options(), order, unit_bytes));
  }
  return disks;
}

CutScene::Course CutScene::record(const Images& from, const std::function<void()>& work) {
  EventOrder order;
  Course course;
  const std::vector<Disk> disks = plug(from, order);
  order_ = &order;
  course_ = &course;
  course.begin = order.now();
  work();
  course.end = order.now();
  course_ = nullptr;
  order_ = nullptr;
  for (const Disk& disk : disks) course.disks.push_back(disk->finish());
  return course;
}

CutScene::Images CutScene::lie_at_flush(const Images& from, std::uint64_t number, std::size_t disk,
                                        const std::function<void()>& work) {
  EventOrder order;
  const std::vector<Disk> disks = plug(from, order);
  disks[disk]->lie_at_flush(number);
  work();
  if (!disks[disk]->lied()) return {};
  Images images;
  for (const Disk& each : disks) {
    images.push_back(scratch_ / fmt::format("lied {}", images.size()));
    std::filesystem::copy_file(each->unplug(), images.back(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  return images;
}

void CutScene::promise(std::function<std::string()> broken) {
  course_->promises.push_back({order_->now(), std::move(broken)});
}

void CutScene::promise_finished() {
  promise([this] {
    Checker checker = *checker_;
    const auto faults = checker.find_faults(Checker::Moment::finished);
    return faults.empty() ? std::string() : "the run had returned, and " + faults.front();
  });
}

CutScene::Images CutScene::cut(Course& course, const PowerCut& cut, const std::string& name) {
  Images images;
  for (std::size_t i = 0; i < course.disks.size(); ++i) {
    images.push_back(scratch_ / fmt::format("{} {}", name, i));
    static_cast<void>(course.disks[i].write_image(images.back(), cut));
  }
  return images;
}

int PromisingSys::fsync(int fd) {
  const int result = Sys::fsync(fd);
  if (result != 0 || !is_replaced_) return result;
  is_replaced_ = false;
  const std::string directory = scene_.council().log_place.directory;
  scene_.promise([directory, log = slurp(directory + "/log.jsonl"),
                  checkpoint = slurp(directory + "/checkpoint")]() -> std::string {
    if (slurp(directory + "/log.jsonl").compare(0, log.size(), log) != 0) {
      return fmt::format("entries of the log are lost, of {} bytes", log.size());
    }
    const auto size_of = [](const std::string& text) {
      const auto at = text.find('\n') + 1;
      return std::stoull(text.substr(at, text.find('\n', at) - at));
    };
    if (size_of(slurp(directory + "/checkpoint")) < size_of(checkpoint)) {
      return "a checkpoint is lost: " + checkpoint;
    }
    return "";
  });
  return result;
}

int PromisingSys::renameat2(int old_dirfd, const char* old_path, int new_dirfd,
                            const char* new_path, unsigned flags) {
  const int result = Sys::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags);
  if (result == 0 && std::string_view(new_path).ends_with("/checkpoint")) is_replaced_ = true;
  return result;
}

}  // namespace expunge::test

#include "support/residue_xfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/fd.h"
#include "residue/xfs_names.h"

namespace expunge::test {
namespace {

constexpr std::size_t kDigits = 11;

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::string number_in(const std::string& name) {
  const auto at = name.find("_077");
  return at == std::string::npos ? "" : name.substr(at + 1, kDigits);
}

XfsArchive::XfsArchive(const std::string& options, std::uint64_t bytes)
    : image_("mkfs.xfs -q " + options, "", bytes) {}

void XfsArchive::add(const std::vector<Directory>& directories) {
  const shred::ArchiveRoot root(base::real_sys(), image_.root());
  const auto names = residue::xfs_names(root);
  bool reserved = false;
  for (const Directory& directory : directories) {
    const std::string path = image_ / directory.path;
    std::filesystem::create_directories(path);
    // With a security module XFS reserves room for attributes in every new inode, which names then
    // cannot take; removing the last attribute gives it up.
    if (std::exchange(reserved, !reserved)) continue;
    if (::setxattr(path.c_str(), "user.a", "", 0, 0) != 0 ||
        ::removexattr(path.c_str(), "user.a") != 0) {
      throw std::runtime_error("no attributes");
    }
  }
  int done = 0;
  for (const int step :
       {3, 6, 12, 30, 60, 100, 150, 200, 300, 400, 600, 800, 1000, 1300, 100'000}) {
    bool more = false;
    for (const Directory& directory : directories) {
      auto& files = files_[directory.path];
      for (int i = done; i < std::min(step, directory.files); ++i) {
        const unsigned n = made_++;
        const std::size_t tail = directory.same_length ? 10 : 1 + n * 2654435761U % 40;
        const std::string name =
            fmt::format("202509{:02}-{:06}_077{:08}_{}.wav", n % 28 + 1, n * 7919 % 240000,
                        (n * 48271ULL + 12345) % 100'000'000, std::string(tail, 'e'));
        const std::string path = directory.path + "/" + name;
        const base::Fd file(::open((image_ / path).c_str(), O_CREAT | O_EXCL | O_WRONLY, 0640));
        if (!file) throw std::runtime_error("cannot make " + path);
        const bool survives = directory.survives(i);
        files.push_back({name, survives});
        if (survives) {
          survivors_[path] = inode_of(image_ / path);
        } else {
          destroyed_.insert(number_in(name));
        }
      }
      more = more || directory.files > step;
    }
    if (!names->push()) throw std::runtime_error("cannot push");
    done = step;
    if (!more) break;
  }
  for (const Directory& directory : directories) {
    const auto& files = files_[directory.path];
    if (std::any_of(files.begin(), files.end(), [](const File& f) { return f.survives; })) continue;
    const std::string number = number_in(directory.path);
    if (!number.empty()) destroyed_.insert(number);
  }
}

void XfsArchive::add_every_kind() {
  const auto none = [](int) { return false; };
  const auto fifth = [](int i) { return i % 5 == 0; };
  add({{"2025/rm5", 5, none},
       {"2025/rm20", 20, none},
       {"2025/rm700", 700, none},
       {"2025/rm2000", 2000, none, false},
       {"2025/live6", 6, [](int i) { return i % 2 == 0; }},
       {"2025/live60", 60, fifth},
       {"2025/live200to3", 200, [](int i) { return i == 7 || i == 50 || i == 120; }},
       {"2025/live1000", 1000, [](int i) { return i < 500; }},
       {"2025/live1500", 1500, fifth},
       {"2025/live1500v", 1500, fifth, false},
       {"2024/12/call_07799887766_x/rm30", 30, none}});
}

void XfsArchive::age() {
  image_.unmount();
  shell("xfs_repair -L " + quoted(image_.image()) + " > /dev/null 2>&1");
  image_.mount();
}

void XfsArchive::remove(base::Sys& sys, residue::Names* names, const std::string& directory) {
  const base::Fd fd(::open((image_ / directory).c_str(), O_RDONLY | O_DIRECTORY));
  if (!fd) return;  // removed another night
  if (names != nullptr) names->entering(fd.get());
  for (const File& file : files_[directory]) {
    if (file.survives) continue;
    const int error = -sys.unlinkat(fd.get(), file.name.c_str(), 0);
    if (error != 0 && error != ENOENT) throw std::runtime_error("cannot unlink " + file.name);
    if (error == 0 && names != nullptr) names->unlinked(fd.get(), file.name.size());
  }
}

void XfsArchive::remove_all(base::Sys& sys, residue::Names* names) {
  for (const std::string& directory : directories()) remove(sys, names, directory);
}

std::vector<std::string> XfsArchive::directories() const {
  std::vector<std::string> paths;
  for (const auto& [path, files] : files_) paths.push_back(path);
  return paths;
}

std::set<std::string> XfsArchive::found() {
  std::set<std::string> numbers;
  image_.for_each_piece(kDigits, [&](std::string_view piece) {
    for (std::size_t at = 0; (at = piece.find("077", at)) != std::string::npos; ++at) {
      const std::string number(piece.substr(at, kDigits));
      if (destroyed_.contains(number)) numbers.insert(number);
    }
  });
  return numbers;
}

void XfsArchive::expect_survivor(const std::string& path) {
  survivors_[path] = inode_of(image_ / path);
}

std::string XfsArchive::disagreement() {
  namespace fs = std::filesystem;
  std::string wrong;
  image_.for_each_piece(0, [](std::string_view) {});  // unmounted, whether it was before or not
  image_.mount();
  for (const auto& [path, inode] : survivors_) {
    if (inode_of(image_ / path) != inode) wrong += path + " is another file or none; ";
  }
  for (const auto& entry : fs::recursive_directory_iterator(image_.root())) {
    if (wrong.size() > 1000) break;
    const std::string path = entry.path().lexically_relative(image_.root());
    if (entry.is_directory()) {
      if (std::filesystem::is_empty(entry.path())) wrong += path + " is still there; ";
      if (::listxattr(entry.path().c_str(), nullptr, 0) != 0) wrong += path + " has attributes; ";
    } else if (!survivors_.contains(path)) {
      wrong += path + " should not be there; ";
    }
  }
  image_.unmount();
  try {
    shell("xfs_repair -n " + quoted(image_.image()) + " > /dev/null 2>&1");
  } catch (const std::exception&) {
    wrong += "xfs_repair complains";
  }
  return wrong;
}

void XfsArchive::survive_no_longer(const std::function<bool(std::size_t)>& chosen) {
  std::size_t i = 0;
  for (auto& [directory, files] : files_) {
    for (File& file : files) {
      if (!file.survives || !chosen(i++)) continue;
      file.survives = false;
      survivors_.erase(directory + "/" + file.name);
      destroyed_.insert(number_in(file.name));
    }
  }
}

void XfsArchive::give_to(uid_t user) {
  shell(fmt::format("chown -R {}:{} {}", user, user, quoted(image_.root())));
  // The way to the image, which is in a directory of the test's own.
  shell("chmod a+x " + quoted(std::filesystem::path(image_.image()).parent_path()));
}

XfsRecorder::XfsRecorder(const LoopImage& image, std::vector<std::string> directories)
    : root_(image.root()), directories_(std::move(directories)), thread_([this] { work(); }) {}

XfsRecorder::~XfsRecorder() {
  if (thread_.joinable()) stop();
}

std::vector<std::string> XfsRecorder::stop() {
  stop_ = true;
  thread_.join();
  return made_;
}

void XfsRecorder::work() {
  for (unsigned i = 0; !stop_; ++i) {
    const std::string directory = directories_[i % directories_.size()] + "/";
    const std::string temporary = root_ + "/" + directory + fmt::format("tmp{}", i);
    const std::string path =
        directory + fmt::format("new-{:08}{}.wav", i, std::string(i % 2 * 9, 'n'));
    const base::Fd file(::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0640));
    if (!file) continue;  // the directory has gone
    if (i % 7 == 0) ::fsync(file.get());
    if (::rename(temporary.c_str(), (root_ + "/" + path).c_str()) == 0) made_.push_back(path);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

}  // namespace expunge::test

#include "residue/filler_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/error.h"
#include "shred/beneath.h"

namespace expunge::residue {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_ours(const struct statx& status) {
  return status.stx_mode == S_IFREG && status.stx_size == 0 && status.stx_uid == ::geteuid();
}

}  // namespace

std::variant<FillerFile, std::string> FillerFile::open(const shred::ArchiveRoot& root) {
  FillerFile file(root);
  base::Sys& sys = root.sys();
  // Its mode lets nobody open it, and to link it O_PATH is enough.
  const int fd = sys.openat(root.fd(), kName, O_PATH | O_NOFOLLOW, 0);
  if (fd == -ENOENT) return file;
  if (fd < 0) return std::string(kName) + ": " + base::errno_text(-fd);
  file.fd_ = base::Fd(fd);
  struct statx status {};
  const int error = sys.statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, status);
  if (error != 0) return std::string(kName) + ": " + base::errno_text(-error);
  if (!is_ours(status)) return std::string(kName) + " is somebody's own file";
  file.inode_ = status.stx_ino;
  return file;
}

int FillerFile::make() {
  if (fd_) return 0;
  base::Sys& sys = root_->sys();
  const int fd = sys.openat(root_->fd(), kName, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0);
  if (fd < 0) return -fd;
  // A crash from here on leaves the file, without a link: the next run takes it over.
  base::Fd made(fd);
  struct statx status {};
  const int error = sys.statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, status);
  if (error != 0) return -error;
  fd_ = std::move(made);
  inode_ = status.stx_ino;
  return 0;
}

int FillerFile::link(int directory, const std::string& name) {
  EXPUNGE_ASSERT(fd_);
  // By descriptor: whatever stands under kName by now, it is this file that gets a link.
  const std::string path = "/proc/self/fd/" + std::to_string(fd_.get());
  return -root_->sys().linkat(AT_FDCWD, path.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW);
}

int FillerFile::unlink(int directory, const std::string& name) {
  EXPUNGE_ASSERT(fd_);
  // What a made-up disk calls an entry must not lead to a file elsewhere.
  if (name.find('/') != std::string::npos) return EEXIST;
  base::Sys& sys = root_->sys();
  struct statx status {};
  int error = sys.statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, status);
  if (error == -ENOENT) return 0;
  if (error != 0) return -error;
  if (status.stx_ino != inode_) return EEXIST;
  error = sys.unlinkat(directory, name.c_str(), 0);
  return error == -ENOENT ? 0 : -error;
}

std::uint32_t FillerFile::links() const {
  struct statx status {};
  const int error = root_->sys().statx(fd_.get(), "", AT_EMPTY_PATH, STATX_NLINK, status);
  // If it cannot be asked, the file must stay.
  return error == 0 ? status.stx_nlink : UINT32_MAX;
}

void FillerFile::search(const std::string& directory, std::vector<std::string>& below) {
  auto opened = shred::open_beneath(*root_, directory.empty() ? "." : directory.c_str(),
                                    O_RDONLY | O_DIRECTORY);
  auto* const fd = std::get_if<base::Fd>(&opened);
  if (fd == nullptr) return;
  const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(::dup(fd->get())));
  if (!stream) return;
  const std::string above = directory.empty() ? "" : directory + "/";
  while (const dirent* const entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || (directory.empty() && name == kName)) continue;
    if (entry->d_ino == inode_) {
      (void)unlink(fd->get(), name);  // what fails is counted by links()
    } else if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) {
      below.push_back(above + name);
    }
  }
}

void FillerFile::search_everywhere() {
  std::vector<std::string> waiting{""};
  while (!waiting.empty() && links() > 1) {
    const std::string directory = std::move(waiting.back());
    waiting.pop_back();
    search(directory, waiting);
  }
}

std::string FillerFile::remove() {
  if (!fd_) return "";
  if (links() > 1) search_everywhere();
  // The last to go: without it nobody would know what the others are.
  if (links() > 1) return std::string(kName) + " has links left";
  const int error = unlink(root_->fd(), kName);
  if (error != 0) return std::string(kName) + ": " + base::errno_text(error);
  const int unsynced = -root_->sys().fsync(root_->fd());
  if (unsynced != 0) return std::string(kName) + ": flush: " + base::errno_text(unsynced);
  fd_.reset();
  inode_ = 0;
  return "";
}

}  // namespace expunge::residue

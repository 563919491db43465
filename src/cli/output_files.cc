#include "cli/output_files.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::cli {
namespace {

namespace fs = std::filesystem;
using base::ExitStatus;

constexpr unsigned kMode = 0644;
constexpr unsigned kDirectoryMode = 0755;
constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

[[noreturn]] void fail_existing(const std::string& path) {
  throw base::Failure(ExitStatus::usage, base::printable(path) +
                                             " exists already; nothing was written (--replace "
                                             "replaces it)");
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// Removes a directory of files whose names end so; of nothing else.
void remove_such(const std::string& directory, std::string_view extension) {
  for (const auto& item : fs::directory_iterator(directory)) {
    if (item.is_regular_file() && item.path().filename().string().ends_with(extension)) continue;
    throw base::Failure(ExitStatus::usage,
                        base::printable(item.path().string()) +
                            ": is no file of this command's; the directory is not replaced");
  }
  fs::remove_all(directory);
}

}  // namespace

OutputFiles::OutputFiles(base::Sys& sys, const std::string& directory, Existing existing)
    : sys_(sys), directory_(directory), existing_(existing) {
  static_cast<void>(base::open_or_fail(sys, directory, O_RDONLY | O_DIRECTORY));
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    base::fail_errno(ExitStatus::usage, base::printable(directory), errno);
  }
}

OutputFiles::~OutputFiles() {
  for (const std::string& path : written_) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
}

std::string OutputFiles::path(const std::string& name) const {
  if (directory_ == ".") return name;
  return directory_.ends_with('/') ? directory_ + name : directory_ + "/" + name;
}

void OutputFiles::check_free(std::span<const std::string> names) const {
  for (const std::string& name : names) {
    if (existing_ == Existing::refuse && is_there(path(name))) fail_existing(path(name));
  }
}

void OutputFiles::rename_into_place(const std::string& beside, const std::string& target) {
  const bool replaces = existing_ == Existing::replace && is_there(target);
  int error = sys_.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, target.c_str(),
                             replaces ? 0 : RENAME_NOREPLACE);
  // A file system that cannot be told so: that nothing stands there was looked up before.
  if (error == -EINVAL && !is_there(target)) {
    error = sys_.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, target.c_str(), 0);
  }
  if (error == -EEXIST) fail_existing(target);
  if (error != 0) base::fail_errno(ExitStatus::usage, base::printable(target), -error);
  if (!replaces) written_.push_back(target);
  base::sync_directory(sys_, directory_);
}

void OutputFiles::write(const std::string& name, std::string_view data) {
  const std::string beside = path(name) + ".new";
  base::create_file(sys_, beside, data, kMode);
  written_.push_back(beside);
  rename_into_place(beside, path(name));
  written_.erase(std::find(written_.begin(), written_.end(), beside));
}

void OutputFiles::flush(const std::string& path, Growing& file) {
  const int error = base::pwrite_all(sys_, file.fd.get(), base::as_bytes(file.buffer), file.bytes);
  if (error != 0) base::fail_errno(ExitStatus::usage, base::printable(path), error);
  file.bytes += file.buffer.size();
  file.buffer.clear();
}

void OutputFiles::append(const std::string& name, std::string_view data) {
  const std::string beside = path(name) + ".new";
  auto found = growing_.find(beside);
  if (found == growing_.end()) {
    base::create_file(sys_, beside, "", kMode);
    written_.push_back(beside);
    found =
        growing_.emplace(beside, Growing{base::open_or_fail(sys_, beside, O_WRONLY), 0, {}}).first;
  }
  found->second.buffer += data;
  if (found->second.buffer.size() >= kBufferBytes) flush(beside, found->second);
}

void OutputFiles::publish(const std::string& name) {
  const std::string beside = path(name) + ".new";
  Growing& file = growing_.at(beside);
  flush(beside, file);
  if (const int error = sys_.fsync(file.fd.get()); error != 0) {
    base::fail_errno(ExitStatus::usage, base::printable(beside), -error);
  }
  growing_.erase(beside);
  rename_into_place(beside, path(name));
  written_.erase(std::find(written_.begin(), written_.end(), beside));
}

void OutputFiles::begin_directory(const std::string& name) {
  const std::string beside = path(name) + ".new";
  if (const int error = sys_.mkdirat(AT_FDCWD, beside.c_str(), kDirectoryMode); error != 0) {
    if (error == -EEXIST) {
      throw base::Failure(ExitStatus::usage,
                          base::printable(beside) +
                              " exists already, perhaps from a call that was interrupted; nothing "
                              "was written; remove it");
    }
    base::fail_errno(ExitStatus::usage, base::printable(beside), -error);
  }
  written_.push_back(beside);
  const base::Fd fd = base::open_or_fail(sys_, beside, O_RDONLY | O_DIRECTORY);
  if (const int error = base::settle_in(sys_, fd.get(), beside, kDirectoryMode); error != 0) {
    base::fail_errno(ExitStatus::usage, base::printable(beside), error);
  }
}

void OutputFiles::write_in(const std::string& directory, const std::string& name,
                           std::string_view data) {
  const std::string target = path(directory) + ".new/" + name;
  const base::Fd fd = base::open_or_fail(sys_, target, O_WRONLY | O_CREAT | O_EXCL, kMode);
  int error = base::settle_in(sys_, fd.get(), target, kMode);
  if (error == 0) error = base::pwrite_all(sys_, fd.get(), base::as_bytes(data), 0);
  if (error != 0) base::fail_errno(ExitStatus::usage, base::printable(target), error);
}

void OutputFiles::publish_directory(const std::string& name, std::string_view extension) {
  const std::string target = path(name);
  const std::string beside = target + ".new";
  {
    // One flush for all of them, however many.
    const base::Fd fd = base::open_or_fail(sys_, beside, O_RDONLY | O_DIRECTORY);
    if (const int error = sys_.syncfs(fd.get()); error != 0) {
      base::fail_errno(ExitStatus::usage, base::printable(beside), -error);
    }
  }
  if (existing_ == Existing::replace && is_there(target)) remove_such(target, extension);
  rename_into_place(beside, target);
  written_.erase(std::find(written_.begin(), written_.end(), beside));
}

}  // namespace expunge::cli

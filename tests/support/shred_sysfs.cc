#include "support/shred_sysfs.h"

#include <filesystem>
#include <string_view>

namespace expunge::test {

namespace fs = std::filesystem;

MadeUpKernel::MadeUpKernel() {
  put("/proc/cpuinfo", "flags\t\t: fpu vme sse2\n");
}

void MadeUpKernel::put(const std::string& path, const std::string& content) {
  const fs::path file = tree_.path() / path.substr(1);
  fs::create_directories(file.parent_path());
  spill(file, content + "\n");
}

std::string MadeUpKernel::add(const std::string& directory, const std::string& name,
                              const std::string& number) {
  put(directory + "/uevent", "MAJOR=1\nDEVNAME=" + name + "\nDEVTYPE=disk");
  put(directory + "/dev", number);
  put(directory + "/ro", "0");
  for (const char* links : {"/sys/dev/block/", "/sys/class/block/"}) {
    const bool by_number = std::string_view(links) == "/sys/dev/block/";
    const fs::path link = tree_.path() / (links + (by_number ? number : name)).substr(1);
    fs::create_directories(link.parent_path());
    fs::create_symlink(tree_.path() / directory.substr(1), link);
  }
  return directory;
}

std::string MadeUpKernel::device(const std::string& name, const std::string& number,
                                 const std::vector<std::string>& slaves) {
  const std::string directory = add("/sys/devices/virtual/block/" + name, name, number);
  fs::create_directories(tree_.path() / (directory + "/slaves").substr(1));
  for (const std::string& slave : slaves) {
    fs::create_symlink(fs::read_symlink(tree_.path() / ("sys/class/block/" + slave)),
                       tree_.path() / (directory + "/slaves/" + slave).substr(1));
  }
  return directory;
}

std::string MadeUpKernel::disk(const std::string& name, const std::string& number,
                               bool rotational) {
  const std::string unit = "/sys/devices/pci0/host6/session1/target6:0:0/" + name;
  const std::string directory = add(unit + "/block/" + name, name, number);
  fs::create_symlink("../..", tree_.path() / (directory + "/device").substr(1));
  put(directory + "/queue/rotational", rotational ? "1" : "0");
  put(directory + "/queue/discard_max_bytes", rotational ? "0" : "2147450880");
  put(directory + "/queue/zoned", "none");
  put(unit + "/vendor", "ATA     ");
  return directory;
}

std::string MadeUpKernel::partition(const std::string& disk, const std::string& name,
                                    const std::string& number) {
  const std::string directory = add(disk + "/" + name, name, number);
  put(directory + "/partition", "1");
  return directory;
}

std::string MadeUpKernel::mapped(const std::string& name, const std::string& number,
                                 const std::string& uuid, const std::vector<std::string>& slaves) {
  const std::string directory = device(name, number, slaves);
  put(directory + "/dm/uuid", uuid);
  put(directory + "/dm/name", "a name");
  put(directory + "/queue/rotational", "0");
  put(directory + "/queue/discard_max_bytes", "2147450880");
  return directory;
}

int MadeUpKernel::openat(int dirfd, const char* path, int flags, mode_t mode) {
  const std::string_view wanted = path;
  if (wanted.starts_with("/sys/") || wanted == "/proc/cpuinfo") {
    return Sys::openat(dirfd, (tree_ / std::string(wanted.substr(1))).c_str(), flags, mode);
  }
  return Sys::openat(dirfd, path, flags, mode);
}

}  // namespace expunge::test

#include "support/loop_image.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "support/program.h"

namespace expunge::test {

void enter_mount_namespace() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (::unshare(CLONE_NEWNS) == 0) ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  });
}

void shell(const std::string& command) {
  const std::string all = "PATH=\"$PATH:/usr/sbin:/sbin\"; " + command;
  if (std::system(all.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

std::string LoopImage::unavailable() {
  if (::geteuid() != 0) return "needs root to mount file systems";
  if (::access("/dev/loop-control", R_OK | W_OK) != 0) return "needs loop devices";
  for (const char* make : {"mkfs.ext4", "mkfs.xfs", "mkfs.btrfs"}) {
    if (!has_program(make)) return std::string("needs ") + make;
  }
  return "";
}

LoopImage::LoopImage(const std::string& make, const std::string& options, std::uint64_t bytes,
                     const std::filesystem::path& in)
    : scratch_(in), options_(options) {
  enter_mount_namespace();
  const std::string image = scratch_ / "image";
  std::ofstream(image).close();
  std::filesystem::resize_file(image, bytes);
  shell(make + " " + quoted(image) + " > /dev/null");
  std::filesystem::create_directory(root());
  mount();
  std::filesystem::remove(root() + "/lost+found");
}

LoopImage::~LoopImage() {
  if (!mounted_) return;
  try {
    unmount();
  } catch (const std::exception&) {
    // Something of the test is still in use: let go now, detach when it ends.
    ::umount2(root().c_str(), MNT_DETACH);
  }
}

void LoopImage::unmount() {
  shell("umount " + quoted(root()));
  mounted_ = false;
}

void LoopImage::mount(const std::string& options) {
  const std::string all = options.empty() ? options_ : options;
  shell("mount -o " + quoted("loop" + (all.empty() ? "" : "," + all)) + " " +
        quoted(scratch_ / "image") + " " + quoted(root()));
  mounted_ = true;
}

void LoopImage::remount() {
  unmount();
  mount();
}

std::size_t LoopImage::raw_hits(const std::string& marker) {
  std::size_t hits = 0;
  for_each_piece(marker.size() - 1, [&](std::string_view piece) {
    std::size_t at = 0;
    for (; (at = piece.find(marker, at)) != std::string::npos; at += marker.size()) ++hits;
  });
  return hits;
}

void LoopImage::for_each_piece(std::size_t overlap_bytes,
                               const std::function<void(std::string_view)>& look) {
  if (mounted_) unmount();
  std::ifstream in(image(), std::ios::binary);
  if (!in) throw std::runtime_error("cannot read the image");
  std::string window;
  std::string chunk(4 << 20, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    window.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    look(window);
    // What may begin something that ends in the next chunk.
    if (window.size() > overlap_bytes) window.erase(0, window.size() - overlap_bytes);
  }
}

}  // namespace expunge::test

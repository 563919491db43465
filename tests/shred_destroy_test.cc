// That the content is really gone from the device, and nothing else is.

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "shred/attributes.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kImageBytes = 320 << 20;

std::string maker(bool xfs) {
  return xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q -b 4096";
}

std::vector<std::size_t> sizes() {
  return {0, 1, 64, 4095, 4096, 4097, 65536, 65537, 300'000, (2 << 20) + 12'345};
}

}  // namespace

TEST_CASE("The content is gone from the device at every size and survivors are intact") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  for (const std::size_t size : sizes()) {
    put(image / ("due/" + std::to_string(size)), marked("DUE RECORDING", size));
    put(image / ("kept/" + std::to_string(size)), marked("KEPT RECORDING", size));
  }
  image.remount();
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    const StreamKey key = new_stream_key();
    std::vector<Target> targets;
    for (const std::size_t size : sizes()) {
      targets.push_back(opened(root, "due/" + std::to_string(size)));
    }
    std::vector<Target*> pointers;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      KeyStream stream(key, static_cast<std::uint32_t>(i));
      REQUIRE_FALSE(overwrite(root, targets[i], stream));
      pointers.push_back(&targets[i]);
    }
    REQUIRE_FALSE(flush(root, pointers));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      KeyStream stream(key, static_cast<std::uint32_t>(i));
      CHECK_FALSE(read_back(root, targets[i], stream));
      // Another file's stream would not do.
      KeyStream other(key, static_cast<std::uint32_t>(i + 100));
      const auto refusal = read_back(root, targets[i], other);
      CHECK(refusal.has_value() == !targets[i].extents.empty());
      if (refusal) CHECK(refusal->reason == Reason::read_back_differs);
    }
  }
  for (const std::size_t size : sizes()) {
    CHECK(slurp(image / ("kept/" + std::to_string(size))) == marked("KEPT RECORDING", size));
  }
  CHECK(image.raw_hits("KEPT RECORDING") > 30'000);
  CHECK(image.raw_hits("DUE RECORDING") == 0);
}

TEST_CASE("The slack of the last block and blocks preallocated beyond the end are overwritten") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  const std::string path = image / "file";
  put(path, marked("HEAD", 10'000));
  shell("fallocate -n -o 12288 -l 65536 " + quoted(path));
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    CHECK(target.size_bytes == 10'000);
    CHECK(target.overwrite_bytes == 12'288 + 65'536);
    const StreamKey key = new_stream_key();
    CHECK_FALSE(overwritten(root, target, key));
    std::vector<std::byte> noise(target.overwrite_bytes);
    KeyStream(key, 0).fill(noise, 0);
    target.fd.reset();  // with it goes the lease that any other open would wait for
    const std::string found = slurp(path);
    CHECK(found == std::string(reinterpret_cast<const char*>(noise.data()), noise.size()));
  }
  CHECK(image.raw_hits("HEAD") == 0);
}

TEST_CASE("What lay in the blocks beyond the end before is gone from them") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q -b 4096");
  const std::string path = image / "file";
  // Written, then given back to the file as preallocated: the device still has it.
  put(path, marked("BEYOND THE END", 1 << 20));
  shell("fallocate -z -o 8192 -l 1040384 " + quoted(path));
  REQUIRE(::truncate(path.c_str(), 1 << 20) == 0);
  image.remount();
  REQUIRE(image.raw_hits("BEYOND THE END") > 100);
  image.mount();
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    CHECK_FALSE(overwritten(root, target, new_stream_key()));
  }
  CHECK(image.raw_hits("BEYOND THE END") == 0);
}

TEST_CASE("Holes stay holes") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  const std::string path = image / "file";
  put(path, marked("PART", 65'536));
  REQUIRE(::truncate(path.c_str(), 1 << 30) == 0);
  shell("dd bs=65536 count=1 seek=8000 conv=notrunc status=none if=" + quoted(path) +
        " of=" + quoted(path));
  REQUIRE(::truncate(path.c_str(), (1 << 30) + 5) == 0);
  image.remount();
  struct stat before {};
  struct stat after {};
  ::stat(path.c_str(), &before);
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    const StreamKey key = new_stream_key();
    CHECK_FALSE(overwritten(root, target, key));
    KeyStream stream(key, 0);
    const auto surveyed = std::get<Survey>(survey(root, target, stream));
    CHECK(surveyed.noise_bytes == 131'072);
    CHECK(surveyed.original_bytes == 0);
  }
  ::stat(path.c_str(), &after);
  CHECK(after.st_blocks == before.st_blocks);
  CHECK(image.raw_hits("PART") == 0);
}

TEST_CASE("Extended attributes and access lists go with the content") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  const std::string path = image / "file";
  put(path, marked("DATA", 5000));
  const std::string value = "01632960001 spoke about arrears";
  REQUIRE(::setxattr(path.c_str(), "user.caller", value.data(), value.size(), 0) == 0);
  for (int i = 0; i < 40; ++i) {
    const std::string name = "user.a_rather_long_name_" + std::to_string(i);
    REQUIRE(::setxattr(path.c_str(), name.c_str(), "x", 1, 0) == 0);
  }
  REQUIRE(::setxattr(path.c_str(), "trusted.note", "x", 1, 0) == 0);
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    CHECK_FALSE(overwritten(root, target, new_stream_key()));
  }
  CHECK(::listxattr(path.c_str(), nullptr, 0) == 0);
}

TEST_CASE("The values of attributes are noise of the same length before they are dropped") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  const std::string path = image / "file";
  put(path, marked("DATA", 5000));
  const std::string value(300, '7');
  REQUIRE(::setxattr(path.c_str(), "user.caller", value.data(), value.size(), 0) == 0);
  REQUIRE(::setxattr(path.c_str(), "trusted.note", "01632960001", 11, 0) == 0);
  const base::Fd file(::open(path.c_str(), O_RDWR));
  CHECK(scramble_attributes(base::real_sys(), file.get()));
  std::string found(400, '\0');
  CHECK(::getxattr(path.c_str(), "user.caller", found.data(), found.size()) == 300);
  CHECK(found.find("777") == std::string::npos);
  CHECK(::getxattr(path.c_str(), "trusted.note", found.data(), found.size()) == 11);
  CHECK(found.substr(0, 11) != "01632960001");
  put(image / "plain", "content");
  const base::Fd plain(::open((image / "plain").c_str(), O_RDWR));
  CHECK_FALSE(scramble_attributes(base::real_sys(), plain.get()));
}

TEST_CASE("An attribute that the kernel keeps does not fail the file") {
  REQUIRE_LOOP_IMAGE();
  struct Keeping : base::Sys {
    int fremovexattr(int fd, const char* name) override {
      return std::string_view(name) == "user.kept" ? -EPERM : Sys::fremovexattr(fd, name);
    }
  } sys;
  LoopImage image("mkfs.ext4 -q");
  put(image / "file", marked("DATA", 5000));
  for (const char* name : {"user.a", "user.kept", "user.z"}) {
    REQUIRE(::setxattr((image / "file").c_str(), name, "x", 1, 0) == 0);
  }
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
  std::array<char, 64> left{};
  const ssize_t bytes = ::listxattr((image / "file").c_str(), left.data(), left.size());
  CHECK(bytes == 10);
  CHECK(std::string(left.data()) == "user.kept");
}

TEST_CASE("The file keeps its size and is never shortened while it is overwritten") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q -b 4096");
  put(image / "file", marked("DATA", 8192));
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
  CHECK(fs::file_size(image / "file") == 8192);
}

TEST_CASE("Read-back finds a single flipped bit in any block") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q -b 4096");
  constexpr std::size_t kBytes = (1 << 20) + 8192;
  put(image / "file", marked("DATA", kBytes));
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  const StreamKey key = new_stream_key();
  REQUIRE_FALSE(overwritten(root, target, key));
  for (const off_t at : {0, 4095, 500'000, (1 << 20) - 1, 1 << 20, static_cast<int>(kBytes) - 1}) {
    const base::Fd fd(::open(("/proc/self/fd/" + std::to_string(target.fd.get())).c_str(),
                             O_RDWR | O_CLOEXEC | O_NONBLOCK));
    // Our own lease stands in the way of any second open: write through the one there is.
    REQUIRE_FALSE(fd);
    alignas(4096) std::array<char, 4096> block{};
    const off_t start = at / 4096 * 4096;
    REQUIRE(::pread(target.fd.get(), block.data(), block.size(), start) == 4096);
    block[static_cast<std::size_t>(at - start)] ^= 1;
    REQUIRE(::pwrite(target.fd.get(), block.data(), block.size(), start) == 4096);
    KeyStream stream(key, 0);
    const auto refusal = read_back(root, target, stream);
    REQUIRE(refusal);
    CHECK(refusal->reason == Reason::read_back_differs);
    block[static_cast<std::size_t>(at - start)] ^= 1;
    REQUIRE(::pwrite(target.fd.get(), block.data(), block.size(), start) == 4096);
    CHECK_FALSE(read_back(root, target, stream));
  }
}

TEST_CASE("An overwrite that went to other blocks is found out") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.xfs -q -m reflink=1", "", kImageBytes);
  put(image / "file", marked("DATA", 100'000));
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  // The lease is given up and the file cloned behind our back: the overwrite is copied away.
  REQUIRE(::fcntl(target.fd.get(), F_SETLEASE, F_UNLCK) == 0);
  target.leased = false;
  shell("cp --reflink=always " + quoted(image / "file") + " " + quoted(image / "copy"));
  const auto refusal = overwritten(root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::extents_moved);
  CHECK(slurp(image / "copy") == marked("DATA", 100'000));
}

TEST_CASE("A survey tells noise from original after an overwrite that stopped part way") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  struct Stopping : base::Sys {
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      if (left < static_cast<std::int64_t>(bytes)) return -EIO;
      left -= static_cast<std::int64_t>(bytes);
      return Sys::pwrite(fd, buffer, bytes, offset);
    }
    std::int64_t left = 2 << 20;
  } sys;
  LoopImage image(maker(xfs), "", kImageBytes);
  constexpr std::size_t kBytes = (3 << 20) + 100;
  put(image / "file", marked("DATA", kBytes));
  const StreamKey key = new_stream_key();
  {
    const ArchiveRoot root(sys, image.root());
    Target target = opened(root, "file");
    KeyStream stream(key, 5);
    const auto untouched = std::get<Survey>(survey(root, target, stream));
    CHECK(untouched.noise_bytes == 0);
    CHECK(untouched.original_bytes == kBytes);
    const auto refusal = overwrite(root, target, stream);
    REQUIRE(refusal);
    CHECK(refusal->reason == Reason::write_failed);
  }
  image.remount();
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  KeyStream stream(key, 5);
  const auto stopped = std::get<Survey>(survey(root, target, stream));
  CHECK(stopped.noise_bytes == 2 << 20);
  CHECK(stopped.original_bytes == kBytes - (2 << 20));
  // The next run finishes it with the same key.
  CHECK_FALSE(overwritten(root, target, key, 5));
  target = Target{};
  target = opened(root, "file");
  const auto finished = std::get<Survey>(survey(root, target, stream));
  CHECK(finished.original_bytes == 0);
  CHECK(finished.noise_bytes == target.overwrite_bytes);
}

namespace {

/// An access list as the kernel takes it: version 2, then tag, permissions and id of each entry.
std::string access_list(const std::string& reader_id) {
  const auto entry = [](char tag, char permissions, const std::string& id) {
    return std::string{tag, '\0', permissions, '\0'} + id;
  };
  const std::string none(4, '\xff');
  return std::string{2, 0, 0, 0} + entry(1, 6, none) + entry(2, 4, reader_id) + entry(4, 4, none) +
         entry(16, 4, none) + entry(32, 0, none);
}

}  // namespace

TEST_CASE("An access list that names a person goes with the content") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  const std::string path = image / "file";
  put(path, marked("DATA", 5000));
  const std::string list = access_list({'\xe8', '\x03', 0, 0});
  constexpr const char* kName = "system.posix_acl_access";
  REQUIRE(::setxattr(path.c_str(), kName, list.data(), list.size(), 0) == 0);
  REQUIRE(::getxattr(path.c_str(), kName, nullptr, 0) == static_cast<ssize_t>(list.size()));
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    CHECK_FALSE(overwritten(root, target, new_stream_key()));
  }
  CHECK(::getxattr(path.c_str(), kName, nullptr, 0) == -1);
  CHECK(::listxattr(path.c_str(), nullptr, 0) == 0);
}

TEST_CASE("Of an end that is not aligned the whole last block on the device is noise") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  LoopImage image(maker(xfs), "", kImageBytes);
  put(image / "file", marked("TAIL", 5001));
  const StreamKey key = new_stream_key();
  std::vector<Extent> extents;
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Target target = opened(root, "file");
    CHECK(target.size_bytes == 5001);
    CHECK(target.overwrite_bytes == 8192);
    REQUIRE_FALSE(overwritten(root, target, key));
    extents = target.extents;
  }
  image.unmount();
  const std::string raw = slurp(image.root() + "/../image");
  std::vector<std::byte> noise(8192);
  KeyStream(key, 0).fill(noise, 0);
  for (const Extent& extent : extents) {
    const std::string_view found(raw.data() + extent.physical_bytes, extent.length_bytes);
    const std::string_view wanted(
        reinterpret_cast<const char*>(noise.data()) + extent.logical_bytes, extent.length_bytes);
    CHECK((found == wanted));
  }
}

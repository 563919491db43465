// What an examiner with the raw XFS image finds of the extended attributes of removed files.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/fd.h"
#include "residue/xfs_attributes.h"
#include "residue/xfs_names.h"
#include "shred/attributes.h"
#include "support/catch.h"
#include "support/residue_xfs.h"

using namespace expunge;
using test::LoopImage;

namespace {

constexpr int kFiles = 200;

/// Attributes of a file lie in its inode, in a block of their own, or, large values, in others.
enum class Kind { in_inode, in_block, remote };

std::string value_number(int i) {
  return fmt::format("0771{:07}", i * 7919 + 1000003);
}
std::string name_number(int i) {
  return fmt::format("0772{:07}", i * 7919 + 1000003);
}

void add(LoopImage& image, Kind kind, int i) {
  const base::Fd file(
      ::open((image / fmt::format("day/call-{}", i)).c_str(), O_CREAT | O_WRONLY, 0640));
  const std::size_t padding = kind == Kind::in_inode ? 0 : kind == Kind::in_block ? 900 : 9000;
  const std::string value = std::string(padding, 'x') + value_number(i);
  REQUIRE(::fsetxattr(file.get(), "user.caller", value.data(), value.size(), 0) == 0);
  REQUIRE(::fsetxattr(file.get(), ("user.n" + name_number(i)).c_str(), "1", 1, 0) == 0);
}

enum class Means { none, values_overwritten, masked };

struct Left {
  std::size_t values = 0;
  std::size_t names = 0;
};

Left examine(Kind kind, Means means, unsigned block_bytes = 4096) {
  LoopImage image(fmt::format("mkfs.xfs -q -b size={}", block_bytes), "", 320 << 20);
  std::filesystem::create_directory(image / "day");
  for (int i = 0; i < kFiles; ++i) add(image, kind, i);
  image.remount();
  {
    base::Sys& sys = base::real_sys();
    const shred::ArchiveRoot root(sys, image.root());
    const auto names = residue::xfs_names(root);
    std::vector<base::Fd> files;
    for (int i = 0; i < kFiles; ++i) {
      files.emplace_back(::open((image / fmt::format("day/call-{}", i)).c_str(), O_RDWR));
      if (means == Means::values_overwritten) {
        CHECK(shred::scramble_attributes(sys, files.back().get()));
      } else if (means == Means::masked) {
        const auto masked = residue::mask_attributes(sys, files.back().get());
        CHECK(masked.any);
        CHECK(masked.large == (kind == Kind::remote));
      }
    }
    if (means != Means::none) {
      CHECK(names->push());
      for (const base::Fd& file : files) shred::drop_attributes(sys, file.get());
    }
    const base::Fd day(::open((image / "day").c_str(), O_RDONLY | O_DIRECTORY));
    names->entering(day.get());
    for (int i = 0; i < kFiles; ++i) {
      const std::string name = fmt::format("call-{}", i);
      REQUIRE(::unlinkat(day.get(), name.c_str(), 0) == 0);
      names->unlinked(day.get(), name.size());
    }
    files.clear();
    CHECK(names->finish({"day"}).finished.size() == 1);
  }
  std::map<std::string, std::size_t> hits;
  image.for_each_piece(10, [&](std::string_view piece) {
    for (std::size_t at = 0; (at = piece.find("077", at)) != std::string::npos; ++at) {
      ++hits[std::string(piece.substr(at, 11))];
    }
  });
  Left left;
  for (int i = 0; i < kFiles; ++i) {
    left.values += hits.count(value_number(i));
    left.names += hits.count(name_number(i));
  }
  return left;
}

}  // namespace

TEST_CASE("Attributes that are only removed stay in an XFS image", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const Kind kind : {Kind::in_inode, Kind::in_block, Kind::remote}) {
    CAPTURE(static_cast<int>(kind));
    const Left left = examine(kind, Means::none);
    CHECK(left.values > kFiles / 2);
    CHECK(left.names > kFiles / 2);
  }
}

TEST_CASE("Where only values are overwritten the names of attributes stay in an XFS image",
          "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const Kind kind : {Kind::in_inode, Kind::in_block}) {
    CAPTURE(static_cast<int>(kind));
    const Left left = examine(kind, Means::values_overwritten);
    CHECK(left.values == 0);
    CHECK(left.names > kFiles / 2);
  }
}

TEST_CASE("Masked attributes leave an XFS image names and all", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const Kind kind : {Kind::in_inode, Kind::in_block}) {
    CAPTURE(static_cast<int>(kind));
    const Left left = examine(kind, Means::masked);
    CHECK(left.values == 0);
    CHECK(left.names == 0);
  }
  const Left small_blocks = examine(Kind::in_inode, Means::masked, 1024);
  CHECK(small_blocks.values + small_blocks.names == 0);
}

TEST_CASE("Of large attributes on XFS the names go and the values are said to stay", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const Left left = examine(Kind::remote, Means::masked);
  CHECK(left.names == 0);
  CHECK(left.values > kFiles / 2);
}

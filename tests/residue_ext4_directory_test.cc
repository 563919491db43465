// The blocks of ext4 directories, as bytes: real hashes, made-up blocks, hostile blocks.

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>

#include "residue/ext4_directory.h"
#include "residue/ext4_map.h"
#include "residue/filler_names.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::residue;
using namespace expunge::test;

namespace {

/// A directory block that is put together entry by entry.
class MadeUp {
 public:
  explicit MadeUp(std::size_t bytes) : bytes_(bytes, std::byte{0}) {}

  MadeUp& entry(std::uint32_t inode, std::uint32_t record_bytes, const std::string& name) {
    number(at_, inode, 4);
    number(at_ + 4, record_bytes == 65536 ? 0 : record_bytes, 2);
    number(at_ + 6, static_cast<std::uint32_t>(name.size()), 1);
    std::memcpy(&bytes_[at_ + 8], name.data(), name.size());
    at_ += record_bytes;
    return *this;
  }
  /// What stands in the gap behind an entry.
  MadeUp& stale(std::size_t offset_bytes, const std::string& text) {
    std::memcpy(&bytes_[offset_bytes], text.data(), text.size());
    return *this;
  }
  MadeUp& number(std::size_t offset_bytes, std::uint32_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes_[offset_bytes + i] = static_cast<std::byte>(value >> 8 * i & 0xff);
    }
    return *this;
  }
  [[nodiscard]] Block block() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
};

Ext4Format format_of(std::size_t block_bytes, bool checksums = false) {
  Ext4Format format;
  format.block_bytes = static_cast<std::uint32_t>(block_bytes);
  format.checksums = checksums;
  return format;
}

/// A root with these hashes and blocks; the first hash is that of the first entry's room.
MadeUp index_root(std::size_t bytes,
                  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& e) {
  MadeUp made(bytes);
  made.entry(2, 12, ".").entry(2, static_cast<std::uint32_t>(bytes) - 12, "..");
  made.number(28, 1, 1).number(29, 8, 1);
  for (std::size_t i = 0; i < e.size(); ++i) {
    made.number(32 + 8 * i, e[i].first, 4).number(36 + 8 * i, e[i].second, 4);
  }
  made.number(32, 100, 2).number(34, static_cast<std::uint32_t>(e.size()), 2);
  return made;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// How many names' hashes agree with the order in which readdir() hands them out, and how many do
/// not: the upper half of d_off is the next name's hash.
std::pair<int, int> agreement(const std::string& directory, const Ext4Format& format,
                              unsigned version) {
  const std::unique_ptr<DIR, CloseDirectory> stream(::opendir(directory.c_str()));
  REQUIRE(stream);
  std::pair<int, int> agree{0, 0};
  std::uint64_t before = 0;
  while (const dirent* const entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      const bool same = name_hash(format, version, name).value_or(1) >> 1 == before >> 32;
      ++(same ? agree.first : agree.second);
    }
    before = static_cast<std::uint64_t>(entry->d_off);
  }
  return agree;
}

}  // namespace

TEST_CASE("A directory's hash is that by which the kernel orders its names", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const auto [algorithm, version] =
      GENERATE(table<std::string, unsigned>({{"legacy", 0}, {"half_md4", 1}, {"tea", 2}}));
  const bool unsigned_hash = GENERATE(false, true);
  CAPTURE(algorithm, unsigned_hash);
  const LoopImage image("make() { mkfs.ext4 -q \"$1\" && tune2fs -E hash_alg=" + algorithm +
                        " \"$1\" && debugfs -w -R 'ssv flags " + (unsigned_hash ? "2" : "1") +
                        "' \"$1\" 2> /dev/null; }; make");
  for (int i = 0; i < 400; ++i) {
    std::string name = fmt::format("{}-caf\xc3\xa9-{}", i * 7919,
                                   std::string(static_cast<std::size_t>(i) % 90, 'x'));
    put(image / ("d/" + name), "");
  }
  const shred::ArchiveRoot root(base::real_sys(), image.root());
  const auto opened = Ext4Device::open(root);
  REQUIRE(std::holds_alternative<Ext4Device>(opened));
  const auto& device = std::get<Ext4Device>(opened);
  CHECK(device.format().unsigned_hash == unsigned_hash);
  CHECK(device.format().block_bytes == 1024);
  const auto [same, other] = agreement(image / "d", device.format(), version);
  CHECK(same == 400);
  CHECK(other == 0);
  Ext4Format wrong = device.format();
  wrong.unsigned_hash = !unsigned_hash;
  CHECK(agreement(image / "d", wrong, version).second > 300);
}

TEST_CASE("An unknown hash has no value") {
  CHECK_FALSE(name_hash(Ext4Format(), 3, "name"));
  CHECK_FALSE(name_hash(Ext4Format(), 6, "name"));
  CHECK_FALSE(name_hash(Ext4Format(), 255, "name"));
  CHECK(name_hash(Ext4Format(), 1, "name"));
}

TEST_CASE("A superblock is read or refused") {
  std::vector<std::byte> bytes(kSuperblockBytes, std::byte{0});
  CHECK_FALSE(read_superblock(bytes));
  bytes[0x38] = std::byte{0x53};
  bytes[0x39] = std::byte{0xef};
  bytes[0x18] = std::byte{6};
  bytes[0x160] = std::byte{2};
  bytes[0x65] = std::byte{4};
  bytes[0xec] = std::byte{1};
  bytes[0xef] = std::byte{2};
  const auto format = read_superblock(bytes);
  REQUIRE(format);
  CHECK(format->block_bytes == 65536);
  CHECK(format->unsigned_hash);
  CHECK(format->checksums);
  CHECK(format->hash_seed[0] == 0x02000001);
  bytes[0x18] = std::byte{7};
  CHECK_FALSE(read_superblock(bytes));
  bytes[0x18] = std::byte{0xff};
  CHECK_FALSE(read_superblock(bytes));
}

TEST_CASE("Gaps are found in the order in which the kernel tries them") {
  MadeUp made(1024);
  made.entry(11, 40, "first").entry(0, 24, "").entry(12, 12, "abc").entry(13, 16, "d");
  made.entry(14, 932, "last").stale(92 + 12 + 40, "07123456789");
  const auto leaf = read_leaf(made.block(), format_of(1024), 0);
  REQUIRE(leaf);
  // 8 + 5 bytes are 16; the free record is all gap; the third has none; the fourth's is too small.
  CHECK(leaf->gaps == std::vector<Gap>{{24, false}, {24, false}, {920, true}});
  CHECK(leaf->stale_gaps == 1);
  CHECK(leaf->small_stale == 0);
  CHECK(leaf->fillers.empty());
}

TEST_CASE("Stale gaps too small for an entry are counted and no more") {
  MadeUp made(1024);
  made.entry(11, 20, "abc").stale(12, "07712345").entry(12, 1004, "last");
  const auto leaf = read_leaf(made.block(), format_of(1024), 0);
  REQUIRE(leaf);
  CHECK(leaf->gaps == std::vector<Gap>{{992, false}});
  CHECK(leaf->stale_gaps == 0);
  CHECK(leaf->small_stale == 1);
}

TEST_CASE("A free record's header is no residue and what follows is") {
  MadeUp made(1024);
  made.entry(0, 1024, "").stale(6, "\x05\x01");
  CHECK(read_leaf(made.block(), format_of(1024), 0)->stale_gaps == 0);
  made.stale(1023, "7");
  CHECK(read_leaf(made.block(), format_of(1024), 0)->stale_gaps == 1);
}

TEST_CASE("The checksum at a leaf's end is no residue") {
  MadeUp made(1024);
  made.entry(11, 1012, "only").entry(0, 12, "").number(1019, 0xde, 1).stale(1020, "0771");
  const auto leaf = read_leaf(made.block(), format_of(1024, true), 0);
  REQUIRE(leaf);
  CHECK(leaf->gaps == std::vector<Gap>{{1000, false}});
}

TEST_CASE("Fillers are known by their inode and what is behind them goes with them") {
  MadeUp made(1024);
  made.entry(11, 12, "abc").entry(77, 500, ".AbCdEfG").entry(12, 512, ".AbCdEfG");
  made.stale(100, "07712345").stale(600, "x");
  const auto leaf = read_leaf(made.block(), format_of(1024), 77);
  REQUIRE(leaf);
  CHECK(leaf->fillers == std::vector<std::string>{".AbCdEfG"});
  CHECK(leaf->gaps == std::vector<Gap>{{484, false}, {496, true}});
}

TEST_CASE("A filler whose name leads out of its directory is no filler but damage") {
  for (const std::string name : {"../../etc/passwd", "a/b", "/", ".", ".."}) {
    CAPTURE(name);
    MadeUp made(1024);
    made.entry(11, 12, "abc").entry(77, 1012, name);
    CHECK_FALSE(read_leaf(made.block(), format_of(1024), 77));
    CHECK(read_leaf(made.block(), format_of(1024), 78));
  }
  MadeUp made(1024);
  made.entry(77, 1024, std::string("a\0b", 3));
  CHECK_FALSE(read_leaf(made.block(), format_of(1024), 77));
}

TEST_CASE("Blocks of 64 KiB hold records that are longer than a number of 16 bits") {
  MadeUp whole(65536);
  whole.entry(11, 65536, "only").stale(65530, "7");
  const auto leaf = read_leaf(whole.block(), format_of(65536), 0);
  REQUIRE(leaf);
  CHECK(leaf->gaps == std::vector<Gap>{{65524, true}});
  whole.number(4, 65535, 2);
  CHECK(read_leaf(whole.block(), format_of(65536), 0));
}

TEST_CASE("A leaf that does not hold together is refused") {
  const auto refused = [](const MadeUp& made) {
    return !read_leaf(made.block(), format_of(made.block().size()), 0);
  };
  CHECK(refused(MadeUp(1024)));                                       // no length
  CHECK(refused(MadeUp(1024).entry(11, 1024, "a").number(4, 4, 2)));  // shorter than a header
  CHECK(refused(MadeUp(1024).entry(11, 1024, "a").number(4, 1023, 2)));
  CHECK(refused(MadeUp(1024).entry(11, 1024, "a").number(4, 1028, 2)));
  CHECK(refused(MadeUp(1024).entry(11, 1024, "a").number(4, 65535, 2)));
  CHECK(refused(MadeUp(1024).entry(11, 1020, "a")));                     // no header fits behind it
  CHECK(refused(MadeUp(1024).entry(11, 12, "abcd").number(6, 5, 1)));    // name beyond the record
  CHECK(refused(MadeUp(1024).entry(11, 1024, "abcd").number(6, 0, 1)));  // no name
  CHECK_FALSE(read_leaf(MadeUp(8).block(), format_of(8, true), 0));
  CHECK_FALSE(read_leaf(Block(), format_of(1024, true), 0));
  CHECK_FALSE(refused(MadeUp(1024).entry(11, 1024, "a")));
}

TEST_CASE("An htree says which hashes go to which block") {
  const auto root = read_index_root(
      index_root(1024, {{0, 1}, {0x40000000, 2}, {0x80000001, 0xf0000003}}).block());
  REQUIRE(root);
  CHECK(root->hash_version == 1);
  CHECK(root->levels == 0);
  CHECK(root->entries == std::vector<IndexEntry>{{1, 0, 0x40000000},
                                                 {2, 0x40000000, 0x80000001},
                                                 {3, 0x80000001, UINT32_MAX}});
  MadeUp node(1024);
  node.entry(0, 1024, "").number(8, 127, 2).number(10, 2, 2).number(12, 5, 4);
  node.number(16, 0x5000, 4).number(20, 6, 4);
  const auto entries = read_index_node(node.block(), 0x4000, 0x6000);
  REQUIRE(entries);
  CHECK(*entries == std::vector<IndexEntry>{{5, 0x4000, 0x5000}, {6, 0x5000, 0x6000}});
}

TEST_CASE("An htree that does not hold together is refused") {
  const auto root = [] { return index_root(1024, {{0, 1}, {0x40000000, 2}}); };
  CHECK(read_index_root(root().block()));
  CHECK_FALSE(read_index_root(root().number(34, 0, 2).block()));    // no entry
  CHECK_FALSE(read_index_root(root().number(34, 101, 2).block()));  // beyond its limit
  CHECK_FALSE(read_index_root(root().number(32, 65535, 2).number(34, 125, 2).block()));
  CHECK(read_index_root(root().number(32, 65535, 2).number(34, 124, 2).block()));
  CHECK_FALSE(read_index_root(root().number(30, 4, 1).block()));  // too deep
  CHECK_FALSE(read_index_root(root().number(29, 9, 1).block()));
  CHECK_FALSE(read_index_root(root().number(24, 1, 4).block()));
  CHECK_FALSE(read_index_root(Block()));
  CHECK_FALSE(read_index_root(MadeUp(30).block()));
  CHECK_FALSE(read_index_node(MadeUp(1024).entry(0, 1024, "").block(), 0, 1));
  CHECK_FALSE(read_index_node(MadeUp(1024).entry(9, 1024, "leaf").block(), 0, 1));
}

TEST_CASE("No bytes whatever make a reader look outside the block") {
  std::mt19937 random(20261123);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t bytes = i % 16 == 0 ? 65536 : 1024;
    // A heap block of its own: under the address sanitizer a step outside ends the test.
    MadeUp made = i % 2 == 0 ? index_root(bytes, {{0, 1}, {7, 2}})
                             : MadeUp(bytes).entry(11, 40, "first").entry(12, 984, "second");
    for (unsigned change = 0; change < 1 + random() % 8; ++change) {
      const bool early = random() % 2 == 0;
      made.number(random() % (early ? 64 : bytes),
                  static_cast<std::uint32_t>(random() % 4 == 0 ? 255 : random() % 256), 1);
    }
    const Ext4Format format = format_of(bytes, random() % 2 == 0);
    if (const auto leaf = read_leaf(made.block(), format, 12)) {
      std::size_t sum = 0;
      for (const Gap& gap : leaf->gaps) sum += gap.bytes;
      CHECK(sum <= bytes);
    }
    if (const auto root = read_index_root(made.block())) {
      CHECK(root->entries.size() <= bytes / 8);
    }
    if (const auto node = read_index_node(made.block(), 0, UINT32_MAX)) {
      CHECK(node->size() <= bytes / 8);
    }
  }
}

TEST_CASE("The next filler is the one that the kernel puts where it is wanted") {
  using Gaps = std::vector<Gap>;
  CHECK_FALSE(filler_name_bytes(Gaps{}));
  CHECK_FALSE(filler_name_bytes(Gaps{{500, false}, {24, false}}));
  CHECK(filler_name_bytes(Gaps{{500, true}}) == 8);
  CHECK(filler_name_bytes(Gaps{{12, true}}) == 4);
  CHECK(filler_name_bytes(Gaps{{52, false}, {500, true}}) == 56);    // passes over the 52
  CHECK(filler_name_bytes(Gaps{{52, false}, {52, true}}) == 40);     // fills the 52 first
  CHECK(filler_name_bytes(Gaps{{400, false}, {500, true}}) == 252);  // in pieces
  CHECK(filler_name_bytes(Gaps{{256, false}, {500, true}}) == 252);  // as long as names go
  CHECK(filler_name_bytes(Gaps{{12, false}, {12, true}}) == 4);
}

TEST_CASE("By putting in such fillers every stale gap is reached") {
  std::mt19937 random(17);
  for (int i = 0; i < 2000; ++i) {
    std::vector<Gap> gaps;
    const std::size_t count = 1 + random() % 30;
    for (std::size_t g = 0; g < count; ++g) {
      gaps.push_back({static_cast<std::uint32_t>(12 + 4 * (random() % (g % 3 == 0 ? 300 : 20))),
                      random() % 4 == 0});
    }
    int fillers = 0;
    while (const auto name = filler_name_bytes(gaps)) {
      REQUIRE(*name >= 4);
      REQUIRE(*name <= 255);
      REQUIRE(++fillers < 400);
      const std::size_t record = (8 + *name + 3) / 4 * 4;
      // ext4_find_dest_de() and ext4_insert_dentry(): the first that is large enough; all that
      // follows in it is the new entry's.
      const auto gap =
          std::find_if(gaps.begin(), gaps.end(), [&](const Gap& g) { return g.bytes >= record; });
      REQUIRE(gap != gaps.end());
      const auto rest = static_cast<std::uint32_t>(gap->bytes - record);
      *gap = {rest, false};
      if (rest < 12) gaps.erase(gap);
    }
  }
}

TEST_CASE("Names are found for every leaf and do not give a digit to an examiner") {
  const Ext4Format format;
  constexpr std::uint32_t kLeaves = 300;
  FillerNames names(format, 1, kLeaves);
  for (std::uint32_t leaf = 0; leaf < kLeaves; ++leaf) {
    for (const std::size_t bytes : {4U, 8U, 252U}) {
      const std::uint32_t low = UINT32_MAX / kLeaves * leaf;
      const auto name = names.find(bytes, low, low + UINT32_MAX / kLeaves);
      REQUIRE(name);
      CHECK(name->size() == bytes);
      CHECK(name->front() == '.');
      CHECK(name->find_first_of("0123456789/") == std::string::npos);
      const auto hash = name_hash(format, 1, *name);
      CHECK(*hash >= low);
      CHECK(*hash < low + UINT32_MAX / kLeaves);
    }
  }
}

TEST_CASE("A leaf that no name leads to costs a bounded time") {
  FillerNames names(Ext4Format(), 1, 1'000'000);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(names.find(8, 0x1001, 0x1002));
}

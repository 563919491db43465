#include "support/residue_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <stdexcept>

#include "residue/ext4_journal.h"
#include "support/catch.h"

namespace expunge::test {
namespace fs = std::filesystem;

namespace {

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw std::runtime_error("stat " + path);
  return status.st_ino;
}

}  // namespace

Calls::Calls(const std::string& make, std::uint64_t bytes) : image_(make, "", bytes) {}

void Calls::record(const std::string& directory, int count) {
  fs::create_directories(image_ / directory);
  directories_.insert(directory);
  for (int i = 0; i < count; ++i) {
    ++drawn_;
    // A bijection of the ten digits, so that no two are equal, and far from each other.
    const std::string number = fmt::format("07{:09}", drawn_ * 618'033'989 % 1'000'000'007);
    const std::string path =
        fmt::format("{}/20260102-030405_{}_{:06}.wav", directory, number.substr(0, 11), drawn_);
    const int fd = ::open((image_ / path).c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) throw std::runtime_error("create " + path);
    ::close(fd);
    calls_.push_back({path, number.substr(0, 11), inode_of(image_ / path)});
  }
}

void Calls::destroy() {
  std::vector<Call> kept;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (i % 5 == 0) {
      kept.push_back(calls_[i]);
    } else {
      fs::remove(image_ / calls_[i].path);
      destroyed_.insert(calls_[i].number);
    }
  }
  calls_ = std::move(kept);
  ::sync();
}

void Calls::record_and_destroy() {
  for (const int count : {20, 60, 400, 800, 1200, 3000}) record(fmt::format("d{}", count), count);
  destroy();
}

residue::SlackResult Calls::clean(base::Sys& sys) {
  const shred::ArchiveRoot archive(sys, root());
  residue::Ext4Slack slack = opened_slack(archive);
  residue::SlackResult total;
  for (const std::string& directory : directories_) total += slack.clean(directory);
  const std::string kept = slack.finish();
  CHECK(kept == "");
  erase_journal();
  return total;
}

void Calls::erase_journal() {
  const shred::ArchiveRoot archive(base::real_sys(), root());
  const residue::Cleaning done = residue::erase_ext4_journal(archive);
  if (done == residue::Cleaning::nothing_there) {
    ::sync();
  } else {
    REQUIRE(done == residue::Cleaning::erases);
  }
}

bool Calls::survivors_alone() const {
  std::map<std::string, std::uint64_t> expected;
  std::map<std::string, std::uint64_t> found;
  for (const Call& call : calls_) expected.emplace(call.path, call.inode);
  for (const auto& entry : fs::recursive_directory_iterator(root())) {
    if (entry.is_directory()) continue;
    found.emplace(fs::relative(entry.path(), root()).string(), inode_of(entry.path()));
  }
  for (const auto& [path, inode] : expected) {
    if (!found.contains(path)) UNSCOPED_INFO("lost: " << path);
  }
  for (const auto& [path, inode] : found) {
    const auto known = expected.find(path);
    if (known == expected.end())
      UNSCOPED_INFO("stray: " << path);
    else if (known->second != inode)
      UNSCOPED_INFO("another inode: " << path);
  }
  return expected == found;
}

std::size_t Calls::numbers_left() {
  constexpr std::size_t kDigits = 11;
  std::set<std::string> found;
  image_.for_each_piece(kDigits - 1, [&](std::string_view piece) {
    for (std::size_t at = 0; (at = piece.find("07", at)) != std::string::npos; ++at) {
      std::string number(piece.substr(at, kDigits));
      if (destroyed_.contains(number)) found.insert(std::move(number));
    }
  });
  return found.size();
}

residue::Ext4Slack opened_slack(const shred::ArchiveRoot& root) {
  auto opened = residue::Ext4Slack::open(root);
  if (const auto* const cause = std::get_if<std::string>(&opened)) {
    throw std::runtime_error("Ext4Slack: " + *cause);
  }
  return std::move(std::get<residue::Ext4Slack>(opened));
}

}  // namespace expunge::test

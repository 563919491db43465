#include "support/bad_night.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "support/loop_image.h"

namespace expunge::test {
namespace {

bool is_recording(int fd) {
  return (::fcntl(fd, F_GETFL) & O_DIRECT) != 0;
}

const char* make_of(BadNight::FileSystem file_system) {
  return file_system == BadNight::FileSystem::xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q -b 4096";
}

std::uint64_t size_of(BadNight::FileSystem file_system) {
  return (file_system == BadNight::FileSystem::xfs ? 320ULL : 128ULL) << 20;
}

bool has(const std::string& line, const std::string& name, const std::string& value) {
  return line.find("\"" + name + "\":\"" + value + "\"") != std::string::npos;
}

}  // namespace

ssize_t HookSys::pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) {
  if (is_recording(fd)) strike(Call::overwrite, fd);
  return Sys::pwrite(fd, buffer, bytes, offset);
}

int HookSys::fdatasync(int fd) {
  if (is_recording(fd)) strike(Call::flush, fd);
  return Sys::fdatasync(fd);
}

int HookSys::unlinkat(int dirfd, const char* path, int flags) {
  if (std::string_view(path).ends_with(".wav")) strike(Call::unlink, dirfd);
  return Sys::unlinkat(dirfd, path, flags);
}

void HookSys::strike(Call call, int fd) {
  if (call == call_ && left_.fetch_sub(1) == 1) act_(fd);
}

BadNight::BadNight(FileSystem file_system, unsigned workers)
    : disk(make_of(file_system), size_of(file_system)) {
  council.root = disk.root() + "/recordings";
  council.limits.workers = workers;
  council.limits.batch_files = kBatch;
  std::vector<Council::Call> calls;
  calls.reserve(kRecordings + 1);
  for (int i = 0; i < kRecordings; ++i) {
    calls.push_back({id(i), fmt::format("2025-10-01T09:00:{:02}Z", i), path(i), content(i), ""});
  }
  calls.push_back({"new", "2026-11-01T09:00:00Z", "2026/11/new.wav", content(1), ""});
  council.add_calls(calls);
  council.approve();
  // Nothing of them is in memory: what is read comes from the disk.
  shell("sync -f " + test::quoted(council.root));
  disk.remount();
}

std::string BadNight::path(int i) {
  return fmt::format("2025/10/{:02}.wav", i);
}

std::string BadNight::content(int i) {
  std::string text;
  const std::size_t bytes = i % 4 == 2 ? (2U << 20) + 5000 : 9000 + static_cast<std::size_t>(i);
  while (text.size() < bytes) text += fmt::format("AUDIO OF CALL {:02} ", i);
  text.resize(bytes);
  return text;
}

std::vector<shred::Extent> BadNight::blocks(int i) const {
  return disk.blocks_of(council.path(path(i)));
}

run::Report BadNight::run(base::Sys* sys) {
  council.sys = sys != nullptr ? sys : &base::real_sys();
  auto report = council.run();
  council.sys = &base::real_sys();
  return report;
}

std::string BadNight::reason(int i) const {
  std::string found;
  const std::string start = council.entries("run.start").back();
  const auto at = start.find("\"run\":\"") + 7;
  const std::string run = start.substr(at, start.find('"', at) - at);
  for (const std::string& line : council.entries("destroy.failed")) {
    if (!has(line, "recording", id(i)) || !has(line, "run", run)) continue;
    if (!found.empty()) return "";
    const auto value = line.find("\"reason\":\"") + 10;
    found = line.substr(value, line.find('"', value) - value);
  }
  return found;
}

std::string BadNight::miscounted(const run::Report& report) const {
  const auto count = [&](const char* type) {
    std::uint64_t entries = 0;
    for (const std::string& line : council.entries(type))
      entries += has(line, "run", report.run_id);
    return entries;
  };
  std::uint64_t for_good = 0;  // needs a person from then on
  for (const std::string& line : council.entries("destroy.failed")) {
    if (!has(line, "run", report.run_id)) continue;
    for_good += has(line, "reason", "extents-moved") || has(line, "reason", "replaced");
  }
  const run::Tally& tally = report.tally;
  const std::string expected = fmt::format(
      "\"destroyed\":{},\"failed\":{},\"held\":{},\"attention\":{},", count("destroy"),
      count("destroy.failed"),
      report.summary.count(plan::Verdict::held).recordings + tally.overtaken,
      report.summary.count(plan::Verdict::attention).recordings + tally.unfinished + for_good);
  for (const std::string& line : council.entries("run.end")) {
    if (!has(line, "run", report.run_id)) continue;
    if (tally.destroyed != count("destroy") || tally.failed != count("destroy.failed")) {
      return "the report says otherwise than the entries";
    }
    if (line.find(expected) != std::string::npos) return "";
    return fmt::format("{} instead of {}", line, expected);
  }
  return "no run.end";
}

std::string BadNight::unfinished() {
  for (int i = 0; i < kRecordings; ++i) {
    if (const auto state = council.state(id(i)); state != "destroyed") return id(i) + " " + state;
    if (council.exists(path(i))) return path(i) + " is there";
  }
  if (council.entries("destroy").size() != kRecordings) return "not an entry each";
  if (council.content("2026/11/new.wav") != content(1)) return "one that is not due was changed";
  if (auto fault = council.log_fault(); !fault.empty()) return fault;
  return council.disagreement();
}

}  // namespace expunge::test

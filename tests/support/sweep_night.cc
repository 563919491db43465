#include "support/sweep_night.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/error.h"
#include "support/dying_sys.h"
#include "support/removal.h"

namespace expunge::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKept = "2026-11-01T09:00:00Z";
constexpr std::string_view kTorn = R"({"v":1,"log":"test.example)";
constexpr std::string_view kStranger = "another person's file";

/// Quick, and no disk of anybody's.
fs::path memory() {
  return fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
}

const char* maker(SweepNight::Workload workload) {
  return workload == SweepNight::Workload::removal ? kInlineExt4 : "mkfs.ext4 -q -b 4096 -J size=4";
}

}  // namespace

std::string words(const Point& point) {
  return fmt::format("call {}, {}{}{}, seed {}", point.call, words(point.way),
                     point.cut ? fmt::format(", then power cut with {}", words(*point.cut)) : "",
                     point.evicted ? ", then evicted" : "", point.seed);
}

SweepNight::SweepNight(Workload workload, unsigned workers)
    : workload_(workload),
      archive_(maker(workload), "", 64 << 20, memory()),
      books_("mkfs.ext4 -q -J size=4", "", 64 << 20, memory()),
      council_(std::make_unique<Council>("2026-11-23T14:00:00Z", books_.root())) {
  Council& council = *council_;
  council.root = archive_ / "recordings";
  fs::create_directory(council.root);
  council.limits.workers = workers;
  council.limits.batch_files = 3;
  if (workload == Workload::removal) {
    council.limits.accept = shred::Accept::unlinked;
    plan_removal();
  } else {
    plan_night();
  }
  checker_ = std::make_unique<Checker>(council.root, council.index_path, council.log_place);
  for (const Call& call : calls_) {
    std::map<std::string, std::string> files;
    for (const File& file : call.files) {
      archive::ImportRow row;
      row.id = call.id;
      row.department = "Customer Services";
      row.recorded_at = base::parse_instant(call.recorded_at);
      row.file = {file.path, file.role, file.content.size(), base::sha256(file.content)};
      council.import(row);
      files[file.path] = file.content;
    }
    checker_->expect(call.id, call.fate, std::move(files));
  }
  council.place_hold("SAR-0", {"held-1", "", "", {}, {}});
  council.approve();
  for (const auto& entry : fs::recursive_directory_iterator(council.scratch.path())) {
    if (entry.is_regular_file()) evening_[entry.path()] = slurp(entry.path());
  }
  checker_->see_checkpoint();
}

SweepNight::~SweepNight() {
  disk_.reset();
  council_.reset();
}

void SweepNight::plan_night() {
  const auto audio = [](const std::string& id, std::size_t bytes) {
    return marked_audio(id, bytes);
  };
  const bool is_empty = workload_ == Workload::empty;
  const std::string due = is_empty ? kKept : kOctober;
  const Fate fate = is_empty ? Fate::stays : Fate::goes;
  using Trait = File::Trait;
  std::string holed = audio("hole", 40960);
  std::fill_n(holed.begin() + 8192, 16384, '\0');
  calls_ = {
      {"pair",
       due,
       fate,
       {{"d/1/a.wav", audio("pair", 9000)}, {"d/1/a.txt", audio("pair", 700), "transcript"}}},
      {"long", due, fate, {{"d/1/b.wav", audio("long", 70000), "audio", Trait::attribute}}},
      {"held-1",
       kOctober,
       Fate::stays,
       {{"d/1/c.wav", audio("held-1", 6000), "audio", Trait::attribute}}},
      {"keyed",
       due,
       fate,
       {{"d/2/a.enc", audio("keyed", 6000)}, {"d/2/a.key", audio("keyed", 4096), "key"}}},
      {"room", due, fate, {{"d/2/b.wav", audio("room", 5000), "audio", Trait::preallocated}}},
      {"new", kKept, Fate::stays, {{"d/2/c.wav", audio("new", 5000)}}},
      {"hole", due, fate, {{"d/3/a.wav", holed, "audio", Trait::hole}}},
      {"short", due, fate, {{"d/3/b.wav", audio("short", 3000)}}},
      {"linked",
       due,
       Fate::stays,
       {{"d/3/c.wav", audio("linked", 5000), "audio", Trait::second_name}}},
      {"dateless", "", Fate::stays, {{"d/3/d.wav", audio("dateless", 5000)}}},
      {"alone", due, fate, {{"d/4/e/a.wav", audio("alone", 5000)}}},
  };
}

void SweepNight::plan_removal() {
  calls_ = {
      {"mixed",
       kOctober,
       Fate::leaves,
       {{"m/a.wav", marked_audio("mixed", 9000)},
        {"m/a.txt", marked_audio("mixed", 96), "transcript"},
        {"m/b.txt", marked_audio("mixed", 64), "sidecar"}}},
      {"whole", kOctober, Fate::goes, {{"w/b.wav", marked_audio("whole", 9000)}}},
      {"keyed",
       kOctober,
       Fate::leaves,
       {{"k/a.enc", marked_audio("keyed", 96)}, {"k/k.key", marked_audio("keyed", 5000), "key"}}},
      {"tiny", kOctober, Fate::leaves, {{"w/c.wav", marked_audio("tiny", 96)}}},
      {"held-1", kOctober, Fate::stays, {{"w/d.wav", marked_audio("held-1", 96)}}},
      {"new", kKept, Fate::stays, {{"m/c.wav", marked_audio("new", 9000)}}},
  };
}

void SweepNight::put_files() const {
  for (const Call& call : calls_) {
    for (const File& file : call.files) {
      const std::string path = council_->path(file.path);
      fs::create_directories(fs::path(path).parent_path());
      const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      bool good = fd >= 0;
      for (std::size_t at = 0; at < file.content.size(); at += 4096) {
        const std::string part = file.content.substr(at, 4096);
        const bool is_hole =
            file.trait == File::Trait::hole && part.find_first_not_of('\0') == std::string::npos;
        if (is_hole) continue;
        good = good && ::pwrite(fd, part.data(), part.size(), static_cast<off_t>(at)) ==
                           static_cast<ssize_t>(part.size());
      }
      if (file.trait == File::Trait::preallocated) {
        good = good && ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 12288) == 0;
      }
      if (file.trait == File::Trait::attribute) {
        good = good && ::fsetxattr(fd, "user.caller", "01632 960001", 12, 0) == 0;
      }
      ::close(fd);
      if (!good) throw std::runtime_error("cannot put " + path);
      if (file.trait == File::Trait::second_name) fs::create_hard_link(path, archive_ / "second");
    }
  }
  const int fd = ::open(archive_.root().c_str(), O_RDONLY | O_CLOEXEC);
  ::syncfs(fd);  // its blocks are where they will stay
  ::close(fd);
}

void SweepNight::renew_disk() {
  disk_.reset();
  disk_ = std::make_unique<FaultyDisk>(
      std::vector<std::string>{archive_ / "graveyard", books_ / "graveyard"});
}

void SweepNight::put_evening() {
  disk_.reset();
  const Council& council = *council_;
  for (const auto& entry : fs::directory_iterator(archive_.root())) fs::remove_all(entry.path());
  fs::remove_all(books_ / "graveyard");
  fs::remove_all(council.log_place.directory);
  fs::remove(council.index_path + "-journal");
  for (const auto& [path, content] : evening_) spill(path, content);
  fs::create_directories(council.log_place.directory + "/checkpoints");
  fs::create_directories(council.root);
  put_files();
  untouchable_.clear();
  renew_disk();
  if (workload_ == Workload::interrupted) prologue();
}

void SweepNight::prologue() {
  // As far as into the overwriting of the second batch.
  constexpr std::uint64_t kDeath = 150;
  disk_->arm(kDeath, Way::death);
  MortalSys sys(*disk_);
  council_->sys = &sys;
  try {
    static_cast<void>(council_->run());
  } catch (const Death&) {
  } catch (const base::Failure&) {
  }
  council_->sys = &base::real_sys();
  disk_->settle();
  std::ofstream(council_->log_place.directory + "/log.jsonl", std::ios::app | std::ios::binary)
      << kTorn;
  renew_disk();
}

std::vector<std::string> SweepNight::tops() const {
  return {archive_.root(), books_.root()};
}

/// Nothing failed, so far as it knows.
bool SweepNight::says_all_is_well(const run::Report& report) const {
  return report.outcome == run::Outcome::complete && report.tally.unfinished == 0 &&
         report.tally.partial == 0 && report.tally.failed <= failed_when_well_;
}

bool SweepNight::run_into(const Point& point, Checker& checker, std::vector<std::string>& faults) {
  disk_->arm(point.call, point.way);
  MortalSys sys(*disk_);
  council_->sys = &sys;
  bool well = false;
  try {
    well = says_all_is_well(council_->run());
  } catch (const Death&) {
  } catch (const base::Failure&) {
  }
  council_->sys = &base::real_sys();
  well = well && !disk_->dead();
  disk_->disarm();
  const auto look = [&](const std::string& when) {
    for (std::string& fault :
         checker.find_faults(well ? Checker::Moment::finished : Checker::Moment::interrupted)) {
      faults.push_back(when + ": " + std::move(fault));
    }
  };
  look("after the run");
  if (point.cut) {
    disk_->power_cut(*point.cut, point.seed, tops());
    look("after the power cut");
  } else if (point.evicted) {
    disk_->evict(tops());
  }
  return disk_->tripped();
}

void SweepNight::run_well(Checker& checker, std::vector<std::string>& faults) {
  try {
    const run::Report report = council_->run();
    if (report.outcome != run::Outcome::complete) {
      faults.push_back("the next run: did not complete: " + report.failure);
    }
  } catch (const base::Failure& failure) {
    faults.push_back(std::string("the next run: ") + failure.what());
  }
  for (std::string& fault : checker.find_faults(Checker::Moment::finished)) {
    faults.push_back("after the next run: " + std::move(fault));
  }
  const auto before = checkpoints();
  disk_->power_cut(Unflushed::lost, 0, tops());
  if (checkpoints() != before) faults.emplace_back("a checkpoint was not durable");
  if (workload_ == Workload::interrupted && !has_torn_tail_aside()) {
    faults.emplace_back("the torn tail was not put aside");
  }
  for (std::string& fault : checker.find_faults(Checker::Moment::finished)) {
    faults.push_back("power cut after the next run: " + std::move(fault));
  }
  for (std::string& fault : checker.find_claims_against(disk_->freed())) {
    faults.push_back("after all: " + std::move(fault));
  }
}

std::map<std::string, std::string> SweepNight::checkpoints() const {
  const std::string& directory = council_->log_place.directory;
  std::map<std::string, std::string> texts{{"newest", slurp(directory + "/checkpoint")}};
  for (const auto& entry : fs::directory_iterator(directory + "/checkpoints")) {
    if (entry.path().extension() == ".ckpt") texts[entry.path()] = slurp(entry.path());
  }
  return texts;
}

bool SweepNight::has_torn_tail_aside() const {
  for (const auto& entry : fs::directory_iterator(council_->log_place.directory)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("log.torn-") && slurp(entry.path()) == kTorn) return true;
  }
  return false;
}

void SweepNight::change_between(Between between, Checker& checker) {
  if (between == Between::nothing) return;
  if (between == Between::hold) {
    for (const char* id : {"pair", "room", "mixed", "tiny"}) {
      for (const Call& call : calls_) {
        if (call.id != id) continue;
        std::map<std::string, std::string> files;
        bool is_whole = true;
        for (const File& file : call.files) {
          files[file.path] = file.content;
          const std::string path = council_->path(file.path);
          const std::string now = fs::exists(path) ? slurp(path) : "";
          if (!marks_in(now).empty()) untouchable_[path] = now;
          is_whole = is_whole && now == file.content;
        }
        checker.expect(id, is_whole ? Fate::stays : Fate::stops, std::move(files));
        council_->place_hold(std::string("SAR-") + id, {id, "", "", {}, {}});
      }
    }
    return;
  }
  disk_->settle();
  renew_disk();  // what it knows of an inode is not to be taken for its next file's
  for (const Call& call : calls_) {
    const std::string path = council_->path(call.files.front().path);
    if ((call.id != "long" && call.id != "whole") || !fs::exists(path)) continue;
    fs::remove(path);
    spill(path, std::string(kStranger));
    untouchable_[path] = kStranger;
    checker.forget(call.id);
  }
}

void SweepNight::check_change(std::vector<std::string>& faults) const {
  for (const auto& [path, content] : untouchable_) {
    if (!fs::exists(path) || slurp(path) != content) {
      faults.push_back(path + ": is held by now, or another's, and was touched");
    }
  }
}

SweepNight::Trial SweepNight::try_point(const Point& point, Between between) {
  Trial trial;
  put_evening();
  Checker checker = *checker_;
  trial.tripped = run_into(point, checker, trial.faults);
  trial.failed_call = disk_->failed_call();
  if (!trial.tripped) return trial;
  change_between(between, checker);
  run_well(checker, trial.faults);
  check_change(trial.faults);
  return trial;
}

SweepNight::Trial SweepNight::try_points(const Point& first, const Point& second) {
  Trial trial;
  put_evening();
  Checker checker = *checker_;
  if (!run_into(first, checker, trial.faults)) return trial;
  trial.failed_call = disk_->failed_call();
  trial.tripped = run_into(second, checker, trial.faults);
  trial.failed_call += " and " + disk_->failed_call();
  if (trial.tripped) run_well(checker, trial.faults);
  return trial;
}

std::vector<FaultyDisk::Call> SweepNight::calls() {
  put_evening();
  disk_->arm();
  const run::Report report = council_->run();
  if (report.outcome != run::Outcome::complete) throw std::runtime_error("the night is not well");
  failed_when_well_ = report.tally.failed;
  disk_->disarm();
  return disk_->calls();
}

}  // namespace expunge::test

#include "support/kill_scene.h"
#include "support/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace expunge::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSizes[] = {20000, 5000, 100, 70000};
constexpr std::size_t kMostShown = 10;
constexpr const char* kRoles[] = {"audio", "transcript", "key"};

void empty(const std::string& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path());
  for (const auto& path : found) fs::remove_all(path);
}

std::string value_of(const std::string& config, const std::string& key) {
  const auto at = config.find("\n" + key);
  const auto begin = config.find("= ", at) + 2;
  return config.substr(begin, config.find('\n', begin) - begin);
}

void must(const Ended& ended) {
  if (ended.status != 0) throw std::runtime_error("scene: " + ended.err);
}

}  // namespace

KillScene::KillScene(const Shape& shape)
    : office(shape.root),
      shape_(shape),
      index_at_(shape.index_at.empty() ? office_dir() : shape.index_at),
      log_at_(shape.log_at.empty() ? office_dir() : shape.log_at) {
  std::string config = slurp(office.config);
  origin_ = value_of(config, "origin");
  const auto at = config.find("workers = 8");
  config.replace(at, 11, fmt::format("workers = {}", shape.workers));
  if (shape.rotates) config.insert(config.find("[log]\n") + 6, "rotate = every-run\n");
  config += "[holds]\n" + shape.holds;
  move_books(config);
  spill(office.config, config);
  std::string csv = "id,department,recorded_at,path,role\n";
  for (int i = 0; i < shape.due; ++i) {
    add(fmt::format("due-{}", i), Fate::goes, shape.files_each, fmt::format("d{}", i % 3),
        400 + i % 4, csv);
  }
  add("held-0", Fate::stays, 2, "d0", 401, csv);
  add("kept-0", Fate::stays, 2, "d1/sub", 1, csv);
  for (const auto& [id, put] : put_) {
    for (const auto& [path, content] : put.files) office.write(path, content);
  }
  must(office.call({"import", "-"}, csv));
  must(office.call(
      {"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked", "--recording", "held-0"}));
  must(office.call({"approve", office.digest(), "--reason", "read"}));
  for (const std::string& each : {office_dir(), index_at_, log_at_}) {
    fs::create_directories(office.scratch / "pristine" + each);
    fs::copy(each, office.scratch / "pristine" + each,
             fs::copy_options::recursive | fs::copy_options::skip_existing);
  }
}

/// Index and log to where they are to be.
void KillScene::move_books(std::string& config) {
  const auto move = [&](const std::string& name, const std::string& to) {
    if (to == office_dir()) return;
    fs::create_directories(to);
    fs::copy(office_dir() + "/" + name, to + "/" + name, fs::copy_options::recursive);
    fs::remove_all(office_dir() + "/" + name);
    const auto at = config.find("= " + office_dir() + "/" + name + "\n");
    config.replace(at + 2, office_dir().size(), to);
  };
  move("index.db", index_at_);
  move("log", log_at_);
}

void KillScene::add(const std::string& id, Fate fate, int files, const std::string& directory,
                    int days, std::string& csv) {
  Put& put = put_[id];
  put.fate = fate;
  for (int i = 0; i < files; ++i) {
    const std::string path = fmt::format("{}/{}-{}.wav", directory, id, i);
    const std::size_t bytes = files > 8 ? 300 : kSizes[static_cast<std::size_t>(i) % 4];
    put.files[path] = marked_audio(id, bytes);
    csv += fmt::format("{},Customer Services,{},{},{}\n", id, Office::days_ago(days), path,
                       kRoles[i % 3]);
  }
}

void KillScene::reset() const {
  const std::set<std::string> places = {office_dir(), index_at_, log_at_};
  for (const std::string& each : places) empty(each);
  for (const std::string& each : places) {
    fs::copy(office.scratch / "pristine" + each, each, fs::copy_options::recursive);
  }
  empty(office.root);
  for (const auto& [id, put] : put_) {
    for (const auto& [path, content] : put.files) office.write(path, content);
  }
}

Traced KillScene::call(std::vector<std::string> words, const Judge& judge) const {
  words.insert(words.begin(), {test::kBinary, "--config", office.config});
  return run_traced(words, judge, {shape_.descriptors});
}

Traced KillScene::run(const Judge& judge) const {
  return call({"run"}, judge);
}

Ended KillScene::next_run() const {
  if (shape_.descriptors == 0) return office.call({"run", "--quiet"});
  return run([](const Mutation&) { return Blow{}; }).ended;
}

std::uint64_t KillScene::count_mutations() const {
  reset();
  const Traced whole = run([](const Mutation&) { return Blow{}; });
  must(whole.ended);
  return whole.mutations;
}

std::vector<std::uint64_t> KillScene::distinct_mutations() const {
  constexpr int kAlike = 20;
  std::vector<std::uint64_t> distinct;
  int alike = 0;
  reset();
  const Traced whole = run([&](const Mutation& mutation) {
    const bool fills = mutation.path.ends_with(" (deleted)");
    alike = fills ? alike + 1 : 0;
    if (alike <= kAlike) distinct.push_back(mutation.number);
    return Blow{};
  });
  must(whole.ended);
  return distinct;
}

Checker KillScene::checker(const std::map<std::string, Fate>& other) const {
  Checker checker(office.root, index(), log_place());
  for (const auto& [id, put] : put_) {
    const auto found = other.find(id);
    checker.expect(id, found == other.end() ? put.fate : found->second, put.files);
  }
  return checker;
}

Checker KillScene::checker() const {
  return checker({});
}

std::vector<std::string> KillScene::strange_files() const {
  std::set<std::string> ours;
  for (const auto& [id, put] : put_) {
    if (put.fate != Fate::stays) continue;
    for (const auto& [path, content] : put.files) ours.insert(office.root + "/" + path);
  }
  std::vector<std::string> strange;
  for (const auto& entry : fs::recursive_directory_iterator(office.root)) {
    if (entry.is_directory() || ours.count(entry.path()) != 0) continue;
    strange.push_back("is there and should not be: " + entry.path().string());
  }
  return strange;
}

Sweep::Sweep(std::string name, std::size_t sampled, std::size_t most)
    : name_(std::move(name)), sampled_(sampled), most_(most) {}

Sweep::~Sweep() {
  std::printf("swept: %s points=%zu failures=%zu\n", name_.c_str(), points_, failures_);
  std::fflush(stdout);
}

bool Sweep::is_full() {
  const char* wanted = std::getenv("EXPUNGE_SWEEP");
  return wanted != nullptr && std::string(wanted) == "all";
}

std::vector<std::uint64_t> Sweep::points(std::uint64_t count) const {
  std::vector<std::uint64_t> chosen;
  const std::uint64_t tried = std::min<std::uint64_t>(count, is_full() ? most_ : sampled_);
  // Evenly, first and last among them.
  for (std::uint64_t i = 0; i < tried; ++i) {
    chosen.push_back(tried == 1 ? 0 : i * (count - 1) / (tried - 1));
  }
  return chosen;
}

void Sweep::tried(const std::string& where, const std::vector<std::string>& faults) {
  ++points_;
  if (faults.empty() || ++failures_ > kMostShown) return;
  for (const std::string& fault : faults) {
    std::printf("sweep %s, %s: %s\n", name_.c_str(), where.c_str(), fault.c_str());
  }
}

void add_faults(std::vector<std::string>& faults, const std::string& about,
                const std::vector<std::string>& more) {
  for (const std::string& fault : more) faults.push_back(about + ": " + fault);
}

void expect_ended(std::vector<std::string>& faults, const std::string& about, const Ended& ended,
                  int status) {
  if (ended.status == status) return;
  faults.push_back(
      fmt::format("{}: ended {} instead of {}: {}", about, ended.status, status, ended.err));
}

}  // namespace expunge::test

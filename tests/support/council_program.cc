#include "support/council_program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "base/text.h"

namespace expunge::test {

namespace fs = std::filesystem;

CouncilProgram::CouncilProgram(const Council& council) : config(council.scratch / "expunge.conf") {
  values_ = {{"archive.root", council.root},
             {"archive.index", council.index_path},
             {"retention.timezone", council.schedule.time_zone.name()},
             {"safety.max-clock-step",
              fmt::format("{} days", std::min<long>(999, council.safety.max_clock_step.count()))},
             {"log.directory", council.log_place.directory},
             {"log.origin", council.log_place.origin},
             {"log.key", council.key_path}};
  for (const policy::Department& department : council.schedule.departments) {
    values_.emplace_back("retention.department",
                         department.name + ": " + policy::to_text(department.period));
  }
  write();
}

void CouncilProgram::set(const std::string& key, const std::string& value) {
  std::erase_if(values_, [&](const auto& each) { return each.first == key; });
  values_.emplace_back(key, value);
  write();
}

void CouncilProgram::write() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    const auto dot = key.find('.');
    text += fmt::format("[{}]\n{} = {}\n", key.substr(0, dot), key.substr(dot + 1), value);
  }
  spill(config, text);
}

Ended CouncilProgram::call(std::vector<std::string> words) const {
  words.insert(words.begin(), {"--config", config});
  return expunge(std::move(words));
}

std::vector<std::string> CouncilProgram::planned_brakes() const {
  std::vector<std::string> names;
  const Ended ended = call({"plan", "--format", "json"});
  const auto json = nlohmann::json::parse(ended.out, nullptr, false);
  if (json.is_discarded()) return {"no plan: " + ended.err};
  for (const auto& brake : json["brakes"]) names.push_back(brake["name"]);
  return names;
}

std::string machine_time(std::chrono::seconds from_now) {
  using std::chrono::floor;
  return base::to_text(floor<std::chrono::seconds>(std::chrono::system_clock::now()) + from_now);
}

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string picture_of(const std::string& directory, const std::vector<std::string>& but) {
  std::vector<std::string> lines;
  for (const auto& each : fs::recursive_directory_iterator(directory)) {
    const std::string path = each.path().string();
    const bool left_out =
        std::any_of(but.begin(), but.end(), [&](const auto& end) { return path.ends_with(end); });
    if (left_out) continue;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    const bool file = S_ISREG(status.st_mode);
    lines.push_back(fmt::format("{} {:o} {} {}.{} {}\n", path, status.st_mode,
                                file ? status.st_size : 0, file ? status.st_mtim.tv_sec : 0,
                                file ? status.st_mtim.tv_nsec : 0,
                                file ? base::to_hex(base::sha256(slurp(path))) : ""));
  }
  std::sort(lines.begin(), lines.end());
  std::string picture;
  for (const std::string& line : lines) picture += line;
  return picture;
}

}  // namespace expunge::test

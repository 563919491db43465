#include "support/metrics_office.h"

#include <chrono>
#include <filesystem>
#include <vector>

#include "support/audit_vectors.h"
#include "support/catch.h"

namespace expunge::test::metrics_office {

namespace fs = std::filesystem;

namespace {

const std::string kAudio(9000, 'A');

}  // namespace

Monitored::Monitored() {
  fs::create_directory(directory);
  plain = slurp(office.config);
  office.configure("[metrics]\ntextfile = " + file + "\n");
  add("fresh", 1, 1);
}

void Monitored::add(const std::string& prefix, int count, int days) const {
  std::string csv = "id,department,recorded_at,path,subject\n";
  for (int i = 0; i < count; ++i) {
    const std::string id = prefix + "-" + std::to_string(i);
    office.write(id + ".wav", kAudio);
    csv +=
        id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + kNumber + "\n";
  }
  CHECK_ENDED(office.call({"import", "--quiet", "-"}, csv), 0);
}

void Monitored::approve() const {
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
}

std::string Monitored::text() const {
  return fs::exists(file) ? slurp(file) : "";
}

Samples Monitored::samples() const {
  Samples samples;
  for (const std::string& line : lines_of(text())) {
    if (line.starts_with('#')) continue;
    const auto space = line.find(' ');
    samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

double Monitored::sample(const std::string& name) const {
  const Samples all = samples();
  const auto found = all.find(name);
  return found == all.end() ? -1 : found->second;
}

double Monitored::outcome(const std::string& word) const {
  return sample("expunge_last_run_outcome{outcome=\"" + word + "\"}");
}

void Monitored::check_alone() const {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(directory)) {
    names.push_back(each.path().filename());
  }
  CHECK(names == std::vector<std::string>{"expunge.prom"});
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace expunge::test::metrics_office

// Appends entries to a log, as nights long gone would have: make_log DIRECTORY ORIGIN KEY
// CHECKPOINT-KEY ENTRIES.
// For scripts/bench --start.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "audit/log.h"
#include "base/text.h"

namespace {

using namespace expunge;

constexpr std::uint64_t kAtOnce = 20'000;

audit::Draft destroyed(std::uint64_t number) {
  audit::Destroyed entry;
  entry.run = "20200102T020000Z-5f0c";
  entry.recording = "call-" + std::to_string(number);
  entry.department = "Customer Services";
  entry.recorded = base::parse_date("2018-12-31").value();
  entry.due = base::parse_date("2020-01-01").value();
  entry.period = "12 months";
  entry.files = {{"audio", 1843244, base::sha256(entry.recording), "overwrite", 1, true, "ext4"}};
  entry.claim = "overwritten";
  return audit::to_draft(entry);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv, argv + argc);
  const auto entries = words.size() == 6 ? base::parse_number(words[5]) : std::nullopt;
  if (!entries) {
    std::fputs("usage: make_log DIRECTORY ORIGIN KEY CHECKPOINT-KEY ENTRIES\n", stderr);
    return 2;
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const unsigned workers = std::max(1U, std::thread::hardware_concurrency());
  audit::LogWriter writer(base::real_sys(), {words[1], words[2]}, {words[3], words[4]},
                          std::nullopt, workers, now);
  for (std::uint64_t done = 0; done < *entries;) {
    std::vector<audit::Draft> drafts;
    while (done < *entries && drafts.size() < kAtOnce) drafts.push_back(destroyed(done++));
    writer.append(drafts, now);
  }
  return 0;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "make_log: %s\n", failure.what());
  return 1;
}

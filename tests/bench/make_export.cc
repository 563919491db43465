// Prints a recorder's export, the same for the same words: make_export ROWS FIRST UNTIL DAYS.
// Calls number FIRST and following, made within the DAYS up to the date UNTIL, oldest first, in
// office hours: two departments, and as many agents and callers as a council has. For
// scripts/bench --scale.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/time.h"

namespace {

using namespace expunge;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr std::uint64_t kAgents = 180, kNumbers = 700'000;
constexpr seconds kOpens = hours{8}, kOpenFor = hours{10};
constexpr std::size_t kAtOnceBytes = 1 << 20;

/// As random as it needs to be (the finalizer of MurmurHash3).
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

/// The area code is one that Ofcom gives to nobody.
void add_row(std::string& out, std::uint64_t number, std::chrono::sys_seconds at) {
  const std::uint64_t chance = mixed(number);
  const std::string when = base::to_text(at);
  fmt::format_to(
      std::back_inserter(out), "call-{:09},{},{},{}/{}/{}/call-{:09}.wav,01632 {:06},agent-{},{}\n",
      number, chance % 5 < 3 ? "Customer Services" : "Revenues and Benefits", when,
      when.substr(0, 4), when.substr(5, 2), when.substr(8, 2), number, (chance >> 8) % kNumbers,
      (chance >> 32) % kAgents + 1, 100'000 + (chance >> 16) % 4'000'000);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool complete = words.size() == 4;
  const auto rows = complete ? base::parse_number(words[0]) : std::nullopt;
  const auto first = complete ? base::parse_number(words[1]) : std::nullopt;
  const auto until = complete ? base::parse_date(words[2]) : std::nullopt;
  const auto span = complete ? base::parse_number(words[3]) : std::nullopt;
  if (!rows || !first || !until || !span || *span == 0) {
    std::fputs("usage: make_export ROWS FIRST UNTIL DAYS\n", stderr);
    return 2;
  }
  std::string out = "id,department,recorded_at,path,subject,agent,bytes\n";
  const std::uint64_t a_day = (*rows + *span - 1) / *span;
  const sys_days begin = sys_days{*until} - days{static_cast<int>(*span) - 1};
  for (std::uint64_t i = 0; i < *rows; ++i) {
    const auto day = begin + days{static_cast<int>(i / a_day)};
    const seconds since_opening = kOpenFor * static_cast<int>(i % a_day) / static_cast<int>(a_day);
    add_row(out, *first + i, day + kOpens + since_opening);
    if (out.size() < kAtOnceBytes && i + 1 < *rows) continue;
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) break;
    out.clear();
  }
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  std::perror("make_export");
  return 1;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "make_export: %s\n", failure.what());
  return 1;
}

#include "intake/scan_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcre2.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace expunge::intake {

using base::ExitStatus;
using base::Failure;

namespace {

/// A path that takes more steps is left to a person: a pattern with nested repetitions takes more
/// than there are in a lifetime.
constexpr std::uint32_t kMaxSteps = 1'000'000;
constexpr std::uint32_t kMaxHeapKib = 20'000;
constexpr std::size_t kMaxPatternBytes = 4096;

struct Free {
  void operator()(pcre2_code* code) const noexcept { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const noexcept { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const noexcept {
    pcre2_match_context_free(context);
  }
};

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string fault_text(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

}  // namespace

struct ScanPattern::Compiled {
  std::unique_ptr<pcre2_code, Free> code;
  std::unique_ptr<pcre2_match_data, Free> data;
  std::unique_ptr<pcre2_match_context, Free> context;
  /// The numbers of each group; several where a name stands in several alternatives.
  std::array<std::vector<std::uint32_t>, kGroupNames.size()> numbers;

  void find_groups();
};

void ScanPattern::Compiled::find_groups() {
  std::uint32_t count = 0;
  std::uint32_t entry_bytes = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code.get(), PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code.get(), PCRE2_INFO_NAMEENTRYSIZE, &entry_bytes);
  pcre2_pattern_info(code.get(), PCRE2_INFO_NAMETABLE, &table);
  for (std::uint32_t i = 0; i < count; ++i, table += entry_bytes) {
    // Two bytes of the group's number, then its name and a NUL.
    const std::string_view name = reinterpret_cast<const char*>(table + 2);
    const auto* const known = std::find(kGroupNames.begin(), kGroupNames.end(), name);
    if (known == kGroupNames.end()) {
      throw Failure(ExitStatus::usage,
                    fmt::format("--pattern has the group '{}', which is none of {}",
                                base::printable(name), fmt::join(kGroupNames, ", ")));
    }
    numbers[static_cast<std::size_t>(known - kGroupNames.begin())].push_back(
        (std::uint32_t{table[0]} << 8U) | table[1]);
  }
}

ScanPattern::ScanPattern(const std::string& pattern) : compiled_(std::make_unique<Compiled>()) {
  if (pattern.empty()) throw Failure(ExitStatus::usage, "--pattern is empty");
  if (pattern.size() > kMaxPatternBytes) {
    throw Failure(ExitStatus::usage,
                  fmt::format("--pattern is longer than {} bytes", kMaxPatternBytes));
  }
  int error = 0;
  PCRE2_SIZE offset = 0;
  compiled_->code.reset(pcre2_compile(units(pattern), pattern.size(),
                                      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                                          PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                                          PCRE2_DUPNAMES,
                                      &error, &offset, nullptr));
  if (!compiled_->code) {
    throw Failure(ExitStatus::usage,
                  fmt::format("--pattern is no regular expression: {}, at character {}: {}",
                              fault_text(error), offset + 1,
                              base::printable(std::string_view(pattern).substr(offset), 40)));
  }
  compiled_->find_groups();
  compiled_->data.reset(pcre2_match_data_create_from_pattern(compiled_->code.get(), nullptr));
  compiled_->context.reset(pcre2_match_context_create(nullptr));
  EXPUNGE_ASSERT(compiled_->data && compiled_->context);
  pcre2_set_match_limit(compiled_->context.get(), kMaxSteps);
  pcre2_set_heap_limit(compiled_->context.get(), kMaxHeapKib);
}

ScanPattern::ScanPattern(ScanPattern&&) noexcept = default;
ScanPattern::~ScanPattern() = default;

bool ScanPattern::has(Group group) const {
  return !compiled_->numbers[static_cast<std::size_t>(group)].empty();
}

bool ScanPattern::has_date() const {
  return has(Group::date) || has(Group::epoch) ||
         (has(Group::year) && has(Group::month) && has(Group::day));
}

ScanPattern::Match ScanPattern::match(std::string_view path, Captured& captured) const {
  captured = {};
  const int found = pcre2_match(compiled_->code.get(), units(path), path.size(), 0, 0,
                                compiled_->data.get(), compiled_->context.get());
  if (found == PCRE2_ERROR_NOMATCH) return Match::no;
  if (found < 0) return Match::too_costly;
  const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(compiled_->data.get());
  for (std::size_t group = 0; group < kGroupNames.size(); ++group) {
    for (const std::uint32_t number : compiled_->numbers[group]) {
      if (number >= static_cast<std::uint32_t>(found)) continue;  // beyond the last that was set
      const std::size_t pair = std::size_t{2} * number;
      const PCRE2_SIZE begin = ends[pair];
      const PCRE2_SIZE end = ends[pair + 1];
      if (begin == PCRE2_UNSET || end <= begin) continue;
      captured.text[group] = path.substr(begin, end - begin);
      break;
    }
  }
  return Match::yes;
}

}  // namespace expunge::intake

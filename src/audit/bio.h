#pragma once

#include <memory>
#include <string>
#include <string_view>

struct bio_st;

// OpenSSL's texts in memory.
namespace expunge::audit {

struct BioFree {
  void operator()(bio_st* bio) const noexcept;
};
using Bio = std::unique_ptr<bio_st, BioFree>;

/// Reads `text`, which must stay.
[[nodiscard]] Bio bio_over(std::string_view text);

/// To be written to.
[[nodiscard]] Bio new_bio();
/// Likewise, in memory that is wiped when it goes.
[[nodiscard]] Bio new_secret_bio();

/// What was written to it, which it keeps.
[[nodiscard]] std::string contents_of(const Bio& bio);

}  // namespace expunge::audit

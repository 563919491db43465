#include "audit/batch.h"

#include <algorithm>
#include <vector>

#include "audit/line.h"
#include "base/error.h"
#include "base/parallel.h"

namespace expunge::audit {
namespace {

constexpr std::size_t kSignaturesAtOnce = 16;

}  // namespace

Batch make_batch(const Trail& trail, const SigningKey& key, std::span<const Draft> drafts,
                 base::Time now, unsigned workers) {
  EXPUNGE_ASSERT(!drafts.empty());
  const std::string key_id = key.verifier().id_hex();
  const std::string& origin = trail.origin();
  std::vector<std::string> lines;
  lines.reserve(drafts.size());
  base::Sha256 sha;
  Place place{origin, trail.size(), now, key_id, trail.last_hash()};
  for (const Draft& draft : drafts) {
    lines.push_back(to_signed_bytes(place, draft));
    place.prev = sha.update(lines.back()).finish();
    ++place.seq;
  }
  const std::size_t batches = (lines.size() + kSignaturesAtOnce - 1) / kSignaturesAtOnce;
  base::parallel_for(batches, workers, [&](std::size_t batch) {
    const std::size_t end = std::min(lines.size(), (batch + 1) * kSignaturesAtOnce);
    for (std::size_t i = batch * kSignaturesAtOnce; i < end; ++i) {
      lines[i] = to_line(lines[i], key.sign(lines[i]));
    }
  });

  Batch result{{}, trail};
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  if (const auto fault = result.after.follow(views, Scrutiny::formed, workers)) {
    throw base::Failure(base::ExitStatus::usage, "an entry of type " + drafts[fault->index].type +
                                                     " cannot be logged: " + fault->message);
  }
  for (const std::string& line : lines) result.text.append(line).append("\n");
  return result;
}

}  // namespace expunge::audit

#include "support/torn_log.h"

#include "support/catch.h"

namespace expunge::test::torn_log {

using audit::Draft;
using audit::Verdict;

std::vector<Draft> destroys(std::uint64_t from, std::uint64_t count) {
  std::vector<Draft> drafts;
  for (std::uint64_t i = from; i < from + count; ++i) drafts.push_back(destroy_draft(i));
  return drafts;
}

bool verified(const LogOnDisk& log) {
  const Verdict verdict = log.verify();
  if (verdict.fault) WARN(verdict.fault->line << ": " << verdict.fault->message);
  return verdict.outcome == Verdict::Outcome::verified;
}

Interrupted::Interrupted() {
  first = log.text();
  const std::string checkpoint = slurp(log.file("checkpoint"));
  auto writer = log.writer(base::real_sys());
  writer.append(destroys(0, 4), kNow);
  whole = log.text();
  spill(log.file("checkpoint"), checkpoint);
}

}  // namespace expunge::test::torn_log

#include "audit/verify.h"

#include <fcntl.h>

#include <algorithm>

#include "audit/course.h"
#include "base/io.h"

namespace expunge::audit {
namespace {

struct ReadCheckpoint {
  std::string name;
  SignedCheckpoint note;
};

Fault checkpoint_fault(const std::string& name, const std::string& message) {
  return {0, 0, "checkpoint " + name + ": " + message};
}

std::optional<Fault> find_fault(const ReadCheckpoint& checkpoint, const Followed& followed,
                                const Trail& trail) {
  const std::uint64_t size = checkpoint.note.checkpoint.size;
  if (size > trail.size()) {
    return checkpoint_fault(checkpoint.name, "expected " + std::to_string(size) + " lines, found " +
                                                 std::to_string(trail.size()) +
                                                 ": lines are missing from the log's end");
  }
  const auto fault =
      find_checkpoint_fault(checkpoint.note, *find_milestone(followed, size), trail.first_key());
  if (!fault) return std::nullopt;
  return checkpoint_fault(checkpoint.name, *fault);
}

Verdict refuse(Verdict verdict, Fault fault) {
  verdict.outcome = Verdict::Outcome::does_not_verify;
  verdict.fault = std::move(fault);
  return verdict;
}

}  // namespace

Verdict verify_log(base::Sys& sys, const Evidence& evidence) {
  const base::Fd fd = base::open_or_fail(sys, evidence.log_path, O_RDONLY);
  Verdict verdict{};
  verdict.outcome = Verdict::Outcome::verified;
  std::vector<ReadCheckpoint> checkpoints;
  std::optional<Fault> malformed;
  Course course{.workers = std::max(1U, evidence.workers)};
  for (const Evidence::Named& named : evidence.checkpoints) {
    if (auto note = parse_checkpoint(named.text)) {
      course.stops.push_back(note->checkpoint.size);
      checkpoints.push_back({named.name, std::move(*note)});
    } else if (!malformed) {
      malformed = checkpoint_fault(named.name, "expected a signed checkpoint, found another text");
    }
  }

  Trail trail(std::nullopt, evidence.first_key);
  LineReader reader(cached_reader(sys, fd.get(), evidence.log_path), 0,
                    file_size(sys, fd.get(), evidence.log_path));
  const Followed followed = follow(trail, reader, course);
  verdict.entries = followed.fault ? followed.fault->line - 1 : trail.size();
  if (trail.size() > 0) {
    verdict.root = trail.root();
    verdict.origin = trail.origin();
    verdict.first_key_id = trail.first_key().id_hex();
    verdict.last_key_id = trail.key().id_hex();
    verdict.first_time = trail.first_time();
    verdict.last_time = trail.last_time();
  }
  if (followed.fault) return refuse(std::move(verdict), *followed.fault);
  verdict.torn_bytes = reader.rest_bytes();
  if (trail.size() == 0) {
    return refuse(std::move(verdict), {1, 0, "expected log.open as the first entry, found none"});
  }
  if (malformed) return refuse(std::move(verdict), *malformed);
  for (const ReadCheckpoint& checkpoint : checkpoints) {
    if (auto fault = find_fault(checkpoint, followed, trail)) {
      return refuse(std::move(verdict), std::move(*fault));
    }
  }
  if (verdict.torn_bytes > 0) verdict.outcome = Verdict::Outcome::torn_tail;
  return verdict;
}

}  // namespace expunge::audit

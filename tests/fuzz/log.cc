// A whole log with its checkpoint and key, as a reader finds them. The input is text in sections,
// each begun by a line `%NAME`: %log, %checkpoint, %key. What has no section is the vectors'. A
// section %drafts instead of %log has a type and members a line: they are chained and signed, so
// that what stands behind the signatures is reached too. %remembered is a number of entries.

#include <algorithm>
#include <map>

#include "audit/batch.h"
#include "audit/line.h"
#include "audit/lines.h"
#include "audit/log.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/verify.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "fuzz/support/input.h"
#include "fuzz/support/memory_sys.h"
#include "support/audit_vectors.h"

using namespace expunge;

namespace {

constexpr const char* kDirectory = "/log";

using Sections = std::map<std::string, std::string, std::less<>>;

Sections sections_of(std::string_view text) {
  Sections sections;
  std::string name;
  fuzz::Input input(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  while (!input.empty()) {
    const std::size_t before = input.size();
    const std::string_view line = input.text_until("\n");
    if (line.starts_with('%')) {
      name = line.substr(1);
      sections[name];
      continue;
    }
    sections[name] += line;
    // The last line may lack its end.
    if (before - input.size() > line.size()) sections[name] += '\n';
  }
  return sections;
}

/// Signed lines, as many as are members of some type, under a checkpoint of the first `covered`.
void put_drafts(std::string_view drafts, Sections& sections) {
  static const audit::SigningKey kKey = test::vector_key(1);
  static const std::string kKeyId = kKey.verifier().id_hex();
  fuzz::Input input(reinterpret_cast<const std::uint8_t*>(drafts.data()), drafts.size());
  std::string log;
  std::vector<base::Digest> leaves;
  audit::Draft draft = test::vector_draft(0).draft;
  base::Digest prev{};
  base::Sha256 sha;
  do {
    const base::Time now = test::at("2026-01-02T02:00:00.000Z");
    const audit::Place place{test::kVectorOrigin, leaves.size(), now, kKeyId, prev};
    const std::string bytes = audit::to_signed_bytes(place, draft);
    const std::string line = audit::to_line(bytes, kKey.sign(bytes));
    prev = audit::hash_signed_bytes(sha, line);
    leaves.push_back(audit::leaf_hash(sha, line));
    log += line + "\n";
    const std::string_view next = input.text_until("\n");
    const auto space = next.find(' ');
    draft.type = next.substr(0, space);
    draft.members = space == std::string_view::npos ? "" : next.substr(space + 1);
  } while (!draft.members.empty() && leaves.size() < 20);
  sections["log"] = log;
  const std::size_t covered = (drafts.size() % leaves.size()) + 1;
  const audit::Checkpoint checkpoint{test::kVectorOrigin, covered,
                                     audit::merkle_root(std::span(leaves).first(covered))};
  const audit::SigningKey* const keys[] = {&kKey};
  sections["checkpoint"] = audit::sign_checkpoint(checkpoint, keys);
}

/// Lines as LineReader cuts them, against the plain way.
void check_lines(const std::string& log) {
  const audit::ReadAt read = [&](std::span<std::byte> out, std::uint64_t offset_bytes) {
    const auto rest = base::as_bytes(log).subspan(offset_bytes);
    const std::size_t some = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), some, out.begin());
    return some;
  };
  audit::LineReader reader(read, 0, log.size());
  std::size_t at = 0;
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next()) {
    for (const std::string_view line : lines) {
      if (line.size() > audit::kMaxLineBytes) return;  // comes cut, and ends the reading
      const auto end = log.find('\n', at);
      EXPUNGE_ASSERT(end != std::string::npos &&
                     std::string_view(log).substr(at, end - at) == line);
      at = end + 1;
    }
  }
  EXPUNGE_ASSERT(log.find('\n', at) == std::string::npos);
  EXPUNGE_ASSERT(reader.rest_bytes() == log.size() - at);
}

/// Of the first `size` entries, as an index would remember it; zeros when there are none so long.
base::Digest last_hash(std::string_view log, std::uint64_t size) {
  fuzz::Input input(reinterpret_cast<const std::uint8_t*>(log.data()), log.size());
  std::string_view line;
  for (std::uint64_t i = 0; i < size && !input.empty(); ++i) line = input.text_until("\n");
  base::Sha256 sha;
  return audit::take_apart(line).parts ? audit::hash_signed_bytes(sha, line) : base::Digest{};
}

audit::Verdict verify(base::Sys& sys, const std::string& checkpoint, unsigned workers,
                      audit::Depth depth = audit::Depth::every_signature) {
  audit::Evidence evidence;
  evidence.log_path = std::string(kDirectory) + "/log.jsonl";
  evidence.checkpoints = {{"c", checkpoint}};
  evidence.depth = depth;
  evidence.workers = workers;
  return audit::verify_log(sys, evidence);
}

/// Looking less closely never finds fault with what looking closely does not.
void check_depths(base::Sys& sys, const std::string& checkpoint, const audit::Verdict& full) {
  try {
    const audit::Verdict by_root = verify(sys, checkpoint, 1, audit::Depth::root_only);
    EXPUNGE_ASSERT(full.fault || (by_root.outcome == full.outcome && by_root.root == full.root &&
                                  by_root.torn_bytes == full.torn_bytes));
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);  // a checkpoint of nothing
  }
}

bool same(const audit::Verdict& a, const audit::Verdict& b) {
  if (a.fault.has_value() != b.fault.has_value()) return false;
  if (a.fault && (a.fault->line != b.fault->line || a.fault->message != b.fault->message ||
                  a.fault->offset_bytes != b.fault->offset_bytes)) {
    return false;
  }
  return a.outcome == b.outcome && a.entries == b.entries && a.root == b.root;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kVectorLog = test::vector_file("base/log.jsonl");
  static const std::string kVectorCheckpoint = test::vector_file("base/checkpoint.5");
  static const std::string kVectorPem = test::vector_file("base/k1.pub.pem");
  static const std::string kKeyId = test::vector_key(1).verifier().id_hex();
  Sections sections = sections_of({reinterpret_cast<const char*>(data), size});
  if (const auto drafts = sections.find("drafts"); drafts != sections.end()) {
    put_drafts(std::string(drafts->second), sections);
  }
  const auto or_else = [&](const char* name, const std::string& otherwise) {
    const auto found = sections.find(name);
    return found == sections.end() ? otherwise : found->second;
  };
  const std::string log = or_else("log", kVectorLog);
  const std::string checkpoint = or_else("checkpoint", kVectorCheckpoint);
  const std::string directory = kDirectory;
  fuzz::MemorySys sys;
  sys.put(directory + "/log.jsonl", log);
  sys.put(directory + "/checkpoint", checkpoint);
  sys.put(directory + "/keys/" + kKeyId + ".pub.pem", or_else("key", kVectorPem));
  check_lines(log);

  const audit::Verdict verdict = verify(sys, checkpoint, 1);
  EXPUNGE_ASSERT(same(verdict, verify(sys, checkpoint, 3)));
  check_depths(sys, checkpoint, verdict);
  const audit::LogPlace place{directory, test::kVectorOrigin};
  std::optional<audit::Position> remembered;
  if (const auto found = sections.find("remembered"); found != sections.end()) {
    remembered.emplace();
    remembered->size =
        base::parse_number(base::trim(found->second.substr(0, found->second.find('\n'))))
            .value_or(1);
    remembered->last_hash = last_hash(log, remembered->size);
  }
  try {
    const audit::LogState state = audit::read_log(sys, place, remembered);
    // What a reader trusts, a verifier who looks at every line verifies, but for zeros at the end.
    const bool zeros = log.find('\0') != std::string::npos;
    EXPUNGE_ASSERT(verdict.outcome != audit::Verdict::Outcome::does_not_verify || zeros ||
                   verdict.fault->line <= state.checkpoint_size);
    EXPUNGE_ASSERT(state.position.size >= state.checkpoint_size);
    EXPUNGE_ASSERT(zeros || state.position.size <= static_cast<std::uint64_t>(
                                                       std::count(log.begin(), log.end(), '\n')));
    EXPUNGE_ASSERT(state.facts.destroyed + state.facts.removed <= state.position.size);
    EXPUNGE_ASSERT(!remembered || remembered->size <= state.position.size);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::log_untrusted ||
                   failure.status() == base::ExitStatus::usage);
  }
  try {
    std::uint64_t next = 0;
    audit::for_each_entry(sys, place, 0, [&](const audit::EntryView& entry) {
      EXPUNGE_ASSERT(entry.seq == next++);
      static_cast<void>(audit::recording_of(entry));
      return true;
    });
    EXPUNGE_ASSERT(next >= verdict.entries || verdict.entries == 0);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::log_untrusted);
  }
  return 0;
}

#include "run/succession.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "run/claims.h"

namespace expunge::run {
namespace {

using base::ExitStatus;
using base::Failure;

/// Rows added in one transaction: the memory of one must not grow with the archive.
constexpr std::size_t kRowsAtOnce = 10000;

void add_gone(archive::Index& index, std::vector<archive::RecordingHistory>& gone) {
  archive::Index::Writing writing(index);
  for (const archive::RecordingHistory& each : gone) {
    // Also an id that these name twice: destroyed, restored, and destroyed again.
    if (!index.history(each.id)) writing.add_gone(each);
  }
  writing.commit();
  gone.clear();
}

/// From where on the log may say of a recording what the index does not know: of those that a run
/// has begun on, since their batch began; of the others, since a run last compared the two.
class Unknown {
 public:
  explicit Unknown(const archive::Index& index) : compared_(index.reconciled_size()) {
    for (const archive::JournalBatch& batch : index.journal()) {
      for (const archive::JournalFile& file : batch.files) {
        begun_.emplace(file.recording_key, batch.log_size);
      }
    }
  }

  [[nodiscard]] std::uint64_t from_seq() const {
    std::uint64_t from = compared_;
    for (const auto& [key, size] : begun_) from = std::min(from, size);
    return from;
  }
  [[nodiscard]] std::uint64_t from_seq(std::int64_t key) const {
    const auto found = begun_.find(key);
    return found == begun_.end() ? compared_ : found->second;
  }

 private:
  std::uint64_t compared_;
  std::map<std::int64_t, std::uint64_t> begun_;
};

/// Whether a log has a hold in force that the index has as released, and no end of it or another.
bool keeps(const audit::LogFacts& facts, const archive::Hold& hold, base::CivilDate today) {
  if (!facts.is_in_force(hold.reference, today)) return false;
  const auto ending = facts.ending_holds.find(hold.reference);
  return ending == facts.ending_holds.end() ||
         (hold.effective_on && ending->second != hold.effective_on);
}

/// By the new log, which knows `known`, where it has the hold, and else by the old one, to which
/// nobody can append any more: that it was released was taken back since, or said again of another
/// day, or never came so far. A person can release it again.
bool is_kept_by(const OldLog& old, const audit::LogFacts& known, const archive::Hold& hold,
                base::CivilDate today) {
  if (!hold.released_at || hold.erased) return false;
  if (known.open_holds.count(hold.reference) != 0) return keeps(known, hold, today);
  return old.believed && keeps(old.facts, hold, today);
}

}  // namespace

base::Fd lock_out_runs(base::Sys& sys, const OldLog& old) {
  if (old.directory.empty()) return base::Fd();
  const std::string path = old.directory + "/run.lock";
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_RDONLY, 0);
  if (raw == -ENOENT) return base::Fd();  // no run ever was
  if (raw < 0) base::fail_errno(ExitStatus::usage, path, -raw);
  base::Fd fd(raw);
  const int error = sys.flock(fd.get(), LOCK_EX | LOCK_NB);
  if (error == -EWOULDBLOCK) {
    throw Failure(ExitStatus::locked, "a run under the old log holds " + path + "; let it finish");
  }
  if (error != 0) base::fail_errno(ExitStatus::usage, path, -error);
  return fd;
}

std::vector<archive::PastClaim> compare_with_old_log(archive::Index& index, base::Sys& sys,
                                                     const OldLog& old) {
  if (!old.believed) return {};
  EXPUNGE_ASSERT(index.origin() == old.named.origin);
  const Unknown unknown(index);
  std::map<std::int64_t, archive::PastClaim> claims;
  std::vector<archive::RecordingHistory> gone;
  for_each_logged(
      sys, {old.directory, old.named.origin}, unknown.from_seq(),
      [&](const std::string& id, const Logged& logged) {
        if (logged.state == archive::State::partial) return;
        const auto history = index.history(id);
        if (!history) {
          gone.push_back({0, id, logged.department, logged.state, logged.recorded_on, logged.time,
                          logged.seq});
          if (gone.size() >= kRowsAtOnce) add_gone(index, gone);
          return;
        }
        const bool is_live =
            history->state == archive::State::kept || history->state == archive::State::partial;
        if (!is_live || logged.seq < unknown.from_seq(history->key)) return;
        claims.insert_or_assign(history->key,
                                archive::PastClaim{history->key, logged.state, logged.recorded_on,
                                                   logged.time, logged.seq});
      });
  if (!gone.empty()) add_gone(index, gone);
  std::vector<archive::PastClaim> found;
  found.reserve(claims.size());
  for (const auto& [key, claim] : claims) found.push_back(claim);
  return found;
}

std::vector<audit::Draft> holds_to_place(const archive::Index& index, const OldLog& old,
                                         const std::string& user, const audit::LogFacts& known,
                                         base::CivilDate today) {
  using audit::HoldChange;
  std::vector<audit::Draft> drafts;
  const auto add = [&](const HoldChange& change, const std::optional<HoldChange>& release) {
    // Of one that the new log has already it also has what became of it since.
    if (known.open_holds.count(change.reference) != 0) return;
    drafts.push_back(audit::to_draft(change));
    if (release) drafts.push_back(audit::to_draft(*release));
  };
  const std::vector<archive::Hold> holds = index.holds(true);
  for (const archive::Hold& hold : holds) {
    const bool is_kept = is_kept_by(old, known, hold, today);
    if (!hold.in_force_on(today) && !is_kept) continue;
    std::optional<HoldChange> release;
    if (hold.released_at && !is_kept) {
      release = {HoldChange::Kind::release, hold.reference,    hold.kind,
                 hold.release_user,         hold.effective_on, !hold.effective_on};
    }
    add({HoldChange::Kind::place, hold.reference, hold.kind, hold.user}, release);
  }
  for (const auto& [reference, kind] : old.facts.open_holds) {
    const bool in_index =
        std::any_of(holds.begin(), holds.end(), [&, &name = reference](const archive::Hold& hold) {
          return hold.reference == name &&
                 (hold.in_force_on(today) || is_kept_by(old, known, hold, today));
        });
    if (in_index || !old.facts.is_in_force(reference, today)) continue;
    const auto ending = old.facts.ending_holds.find(reference);
    std::optional<HoldChange> release;
    if (ending != old.facts.ending_holds.end()) {
      release = {HoldChange::Kind::release, reference, kind, user, ending->second, !ending->second};
    }
    add({HoldChange::Kind::place, reference, kind, user}, release);
  }
  return drafts;
}

std::vector<std::string> kept_by_logs(const archive::Index& index, const OldLog& old,
                                      const audit::LogFacts& known, base::CivilDate today) {
  std::vector<std::string> references;
  for (const archive::Hold& hold : index.holds(true)) {
    if (is_kept_by(old, known, hold, today)) references.push_back(hold.reference);
  }
  return references;
}

void hand_over(archive::Index& index, archive::Index::Writing& writing, const OldLog& old,
               const audit::LogFacts& known, const std::vector<archive::PastClaim>& claims,
               const std::string& origin, const audit::Position& position, base::CivilDate today) {
  for (const std::string& reference : kept_by_logs(index, old, known, today)) {
    writing.keep_hold(reference);
  }
  for (const archive::PastClaim& claim : claims) writing.keep_claim(claim);
  writing.succeed({old.named.origin, old.named.size, old.named.root}, origin,
                  {position.size, position.last_hash});
}

}  // namespace expunge::run

#include "cli/succession.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "audit/keys.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/anchor.h"
#include "cli/config.h"
#include "cli/desk.h"
#include "cli/founding.h"
#include "cli/made.h"
#include "guard/exposure.h"
#include "plan/brakes.h"
#include "plan/lost_releases.h"
#include "run/remember.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

namespace fs = std::filesystem;
using base::ExitStatus;
using base::Failure;

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool is_same(const std::string& one, const std::string& other) {
  std::error_code error;
  return fs::equivalent(one, other, error) && !error;
}

std::string beside(const std::string& path) {
  return path + ".new";
}

/// Gives a key its own name, durably; until then nobody takes it for one.
void put_in_place(base::Sys& sys, const std::string& path) {
  const int error =
      sys.renameat2(AT_FDCWD, beside(path).c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  if (error != 0) base::fail_errno(ExitStatus::needs_person, path, -error);
  base::sync_directory(sys, fs::path(path).parent_path().string());
}

/// A new log for the index that the configuration names.
class Succession {
 public:
  Succession(const Invocation& call, const Config& config, run::OldLog old)
      : call_(call),
        config_(config),
        old_(std::move(old)),
        index_(archive::Index::open_of_any_log(config.index_path)) {
    key_files_ = {config.log_keys.entries};
    if (!config.log_keys.checkpoints.empty()) key_files_.push_back(config.log_keys.checkpoints);
  }

  void carry_out() {
    require_its_index();
    const bool log_stands = is_there(config_.log.directory);
    if (log_stands) {
      require_same_predecessor();
    } else {
      require_nothing_there();
    }
    if (is_handed_over()) {
      if (!log_stands) {
        throw Failure(ExitStatus::usage,
                      fmt::format("{}: belongs to the log {} already, which is not at {}",
                                  config_.index_path, config_.log.origin, config_.log.directory));
      }
      put_keys_in_place();
      return say(fmt::format("{} stands already, in the place of {}, and the index belongs to it.",
                             config_.log.directory, old_.named.origin));
    }
    const base::Fd no_runs = run::lock_out_runs(sys_, old_);
    const audit::Position remembered = run::remembered(index_);
    look_at(old_, remembered, config_.log_keys.passphrase_file);
    claims_ = run::compare_with_old_log(index_, sys_, old_);
    if (log_stands) {
      finish();
      return say(
          fmt::format("{}, which was opened in the place of {} before, stands. The index "
                      "belongs to it now; holds in force: {}.\n"
                      "Was the index put back from a backup? Restoring from backups, in "
                      "expunge(1), says how to go on; expunge plan says which brakes are on.",
                      config_.log.directory, old_.named.origin, holds_in_force()));
    }
    make();
    say(fmt::format("Opened {} in the place of the log {} ({} entries; {}).\n"
                    "The index belongs to it now; holds in force: {}.\n",
                    config_.log.directory, old_.named.origin, base::grouped(old_.named.size),
                    old_.named.reason, holds_in_force()) +
        fmt::format("\nNext\n"
                    "  1. Keep the old log as it is, for ever, and its checkpoint elsewhere.\n"
                    "  2. Keep copies of {0}/keys/*.pem and {0}/checkpoint elsewhere.\n"
                    "  3. expunge plan; then expunge approve DIGEST --reason TEXT: approvals are "
                    "gone, and\n"
                    "     the first run under a new log needs one.",
                    config_.log.directory));
  }

 private:
  [[nodiscard]] bool is_handed_over() const { return index_.origin() == config_.log.origin; }

  void say(const std::string& text) const {
    if (!call_.global.quiet) std::cout << text << "\n";
  }

  void require_its_index() const {
    if (is_handed_over() || index_.origin() == old_.named.origin) return;
    throw Failure(
        ExitStatus::usage,
        fmt::format("{}: belongs to the log {}, and the checkpoint is of the log {}; name "
                    "the newest one of that log",
                    config_.index_path, base::printable(index_.origin()), old_.named.origin));
  }

  /// What stands there was made by this command, called with the same arguments.
  void require_same_predecessor() const {
    const std::string& directory = config_.log.directory;
    if (is_same(directory, old_.directory)) {
      throw Failure(ExitStatus::usage,
                    fmt::format("{}: log.directory is the old log's own, which stays as it is; "
                                "name one that does not exist yet",
                                config_.path));
    }
    std::optional<audit::Predecessor> found;
    std::string why = "it was opened otherwise";
    try {
      found = audit::read_log(sys_, config_.log, std::nullopt).predecessor;
    } catch (const Failure& failure) {
      why = failure.what();
    }
    if (found == old_.named) return;
    throw Failure(
        ExitStatus::usage,
        fmt::format("{}: exists already, and is not the log that this command makes ({}); "
                    "nothing was made or changed",
                    directory, why));
  }

  void require_nothing_there() const {
    for (const std::string& path : key_files_) {
      if (!is_there(path)) continue;
      throw Failure(ExitStatus::usage,
                    fmt::format("{}: exists already; leave it where it is, and name files that do "
                                "not exist yet as log.key and log.checkpoint-key in {}",
                                path, config_.path));
    }
    std::vector<std::string> left;
    for (const std::string& path : key_files_) {
      if (is_there(beside(path))) left.push_back(beside(path));
    }
    if (is_there(beside(config_.log.directory))) left.push_back(beside(config_.log.directory));
    if (left.empty()) return;
    throw Failure(
        ExitStatus::usage,
        fmt::format("init: {} exists already; nothing was made or changed; if it was left "
                    "by an interrupted init, which makes {} last, remove {} and try "
                    "again",
                    left.front(), config_.log.directory, fmt::join(left, ", ")));
  }

  [[nodiscard]] std::vector<audit::Draft> first_entries(
      const audit::SigningKey& key, const std::optional<audit::SigningKey>& checkpoint_key) const {
    std::vector<audit::Draft> drafts = {
        audit::to_draft(audit::LogOpen{key.verifier().vkey(), "expunge " EXPUNGE_VERSION,
                                       checkpoint_key ? checkpoint_key->verifier().vkey() : "",
                                       old_.named}),
        audit::to_draft(run::logged_form(config_.schedule))};
    for (audit::Draft& draft : run::holds_to_place(index_, old_, login_name(), {}, today())) {
      drafts.push_back(std::move(draft));
    }
    return drafts;
  }

  /// Keys beside their places, the log, the keys in their places; then the index. A crash before
  /// the log stands leaves what the next call names, to be removed; after that, what it finishes.
  void make() {
    const audit::Secret passphrase = audit::read_passphrase(sys_, config_.log_keys.passphrase_file);
    const audit::SigningKey key = audit::SigningKey::generate(config_.log.origin);
    std::optional<audit::SigningKey> checkpoint_key;
    if (key_files_.size() > 1) checkpoint_key = audit::SigningKey::generate(config_.log.origin);
    // From here on nobody places a hold that the new log would not know.
    archive::Index::Writing writing(index_);
    Made made;
    // The key first, exclusively: of two at once, one stops here and has made nothing.
    base::create_file(sys_, beside(key_files_[0]), key.to_pem(passphrase).text(), 0600);
    made.add(beside(key_files_[0]));
    if (checkpoint_key) {
      base::create_file(sys_, beside(key_files_[1]), checkpoint_key->to_pem(passphrase).text(),
                        0600);
      made.add(beside(key_files_[1]));
    }
    made.add(config_.log.directory);
    made.add(beside(config_.log.directory));
    audit::create_log(sys_, config_.log, key, checkpoint_key ? &*checkpoint_key : nullptr,
                      first_entries(key, checkpoint_key), call_.clock());
    for (const std::string& path : key_files_) {
      made.add(path);
      put_in_place(sys_, path);
    }
    const audit::Position position = audit::read_log(sys_, config_.log, std::nullopt).position;
    // The index may be handed over although its commit says that it failed: the log must stay.
    made.keep();
    hand_over(writing, position, {});
  }

  void finish() {
    put_keys_in_place();
    archive::Index::Writing writing(index_);
    audit::LogWriter log(sys_, config_.log, config_.log_keys, std::nullopt, config_.limits.workers,
                         call_.clock());
    // Those placed since the log was made; or, for a restored copy of the index, its own.
    const auto drafts = run::holds_to_place(index_, old_, login_name(), log.facts(), today());
    if (!drafts.empty()) log.append(drafts, call_.clock());
    hand_over(writing, log.position(), log.facts());
  }

  void put_keys_in_place() {
    for (const std::string& path : key_files_) {
      if (!is_there(path) && is_there(beside(path))) put_in_place(sys_, path);
    }
  }

  void hand_over(archive::Index::Writing& writing, const audit::Position& position,
                 const audit::LogFacts& known) {
    try {
      const bool is_behind = learn(writing, known);
      run::hand_over(index_, writing, old_, known, claims_, config_.log.origin, position, today());
      if (is_behind) writing.mark_behind_past_log(true);
      writing.commit();
    } catch (const Failure& failure) {
      throw Failure(failure.status(), failure.what() + ("; " + config_.log.directory) +
                                          " is made, and the same command again hands the index "
                                          "over to it");
    }
  }

  /// What people decided, and an index that is older than the old log had lost: after this nothing
  /// compares the two any more. Returns whether it is.
  [[nodiscard]] bool learn(archive::Index::Writing& writing, const audit::LogFacts& known) {
    for (const std::string& reference : run::kept_by_logs(index_, old_, known, today())) {
      message("hold " + reference +
              ": the index has it as released, and the log does not say so any more, or says "
              "another day: it is kept; release it again if that is meant (expunge hold release)");
    }
    if (!old_.believed) return false;
    const plan::Behind behind = plan::behind(old_.facts, plan::memory_of(index_));
    const bool is_behind = behind.any();
    learn_from_old_log(sys_, config_, old_, index_, writing,
                       behind.imports > 0 || behind.lacks_run);
    if (is_behind) {
      message(
          "the index is older than the old log: import again what was imported since it was "
          "copied, "
          "before the first run; the brake index is on until then (Restoring from backups, in "
          "expunge(1))");
    }
    const audit::LogPlace place{old_.directory, old_.named.origin};
    const auto released = plan::lost_releases(sys_, place, old_.facts, index_.holds(true), today());
    if (!released.empty()) {
      message(plan::lost_text(released) +
              ": these are in force; release them again if that is meant (expunge hold release), "
              "or, where "
              "one person had asked for it already, have another confirm it (--confirm)");
    }
    return is_behind;
  }

  [[nodiscard]] base::CivilDate today() const {
    return config_.schedule.time_zone.civil_date(
        std::chrono::floor<std::chrono::seconds>(call_.clock()));
  }

  [[nodiscard]] std::ptrdiff_t holds_in_force() const {
    const auto holds = index_.holds(false);
    return std::count_if(holds.begin(), holds.end(),
                         [&](const archive::Hold& hold) { return hold.in_force_on(today()); });
  }

  const Invocation& call_;
  const Config& config_;
  run::OldLog old_;
  archive::Index index_;
  base::Sys& sys_ = base::real_sys();
  std::vector<std::string> key_files_;
  std::vector<archive::PastClaim> claims_;
};

}  // namespace

ExitStatus succeed_here(const Invocation& call, const Options& options) {
  refuse_new_config(options);
  const Config config = configure(base::real_sys(), call.global);
  const auto old = named_old_log(options, config.log.origin);
  EXPUNGE_ASSERT(old.has_value());
  guard::refuse_exposed({fs::absolute(config.path).string(), config.log_keys.entries,
                         config.index_path, config.log.directory, config.archive_root,
                         audit::more_secrets(config.log_keys), programs_of(config)});
  Succession(call, config, *old).carry_out();
  return with_anchor(ExitStatus::done, Anchor(config).call(0));
}

}  // namespace expunge::cli

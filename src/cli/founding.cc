#include "cli/founding.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "archive/index.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/anchor.h"
#include "cli/desk.h"
#include "guard/exposure.h"
#include "run/lost_words.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

namespace fs = std::filesystem;
using base::ExitStatus;
using base::Failure;

bool is_there(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && fs::exists(fs::symlink_status(path, ignored));
}

/// A new index, which knows what the old log says is gone, and what was put right or ordered of the
/// rest, when that can be believed.
void make_index(base::Sys& sys, const Config& config, const run::OldLog* old,
                base::CivilDate today) {
  archive::Index::create(config.index_path, old != nullptr ? old->named.origin : config.log.origin);
  if (old == nullptr) return;
  archive::Index index =
      archive::Index::open(config.index_path, archive::Index::Access::write, old->named.origin);
  const auto claims = run::compare_with_old_log(index, sys, *old);
  EXPUNGE_ASSERT(claims.empty());  // it has no recording that could be claimed
  archive::Index::Writing writing(index);
  if (old->believed) learn_from_old_log(sys, config, *old, index, writing, true);
  run::hand_over(index, writing, *old, {}, claims, config.log.origin, {}, today);
  writing.commit();
}

std::vector<audit::Draft> first_entries(const Config& config, audit::LogOpen open,
                                        const run::OldLog* old, base::Time now) {
  std::vector<audit::Draft> drafts;
  if (old != nullptr) open.predecessor = old->named;
  drafts.push_back(audit::to_draft(open));
  drafts.push_back(audit::to_draft(run::logged_form(config.schedule)));
  if (old == nullptr) return drafts;
  const archive::Index index =
      archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
  const base::CivilDate today =
      config.schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now));
  for (audit::Draft& draft : run::holds_to_place(index, *old, login_name(), {}, today)) {
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

}  // namespace

void learn_from_old_log(base::Sys& sys, const Config& config, const run::OldLog& old,
                        const archive::Index& index, archive::Index::Writing& writing,
                        bool is_behind) {
  const audit::LogPlace place{old.directory, old.named.origin};
  run::Tally tally;
  static_cast<void>(
      run::settle_lost_words({sys, place, index, config.schedule, tally}, writing, is_behind));
  for (const run::Notice& notice : tally.notices) {
    message(base::printable(notice.recording) + ": " + notice.text);
  }
  if (tally.lost_words > tally.notices.size()) {
    message(fmt::format("… and more, {} in all", base::grouped(tally.lost_words)));
  }
}

void require_nothing_there(const Places& places, const std::string& new_config) {
  const std::string new_config_beside = new_config.empty() ? "" : new_config + ".new";
  std::vector<std::string> found;
  for (const std::string& path :
       {places.log_directory, new_config, places.index_path, places.keys.entries,
        places.keys.checkpoints, places.log_directory + ".new", places.index_path + ".new",
        new_config_beside}) {
    if (is_there(path)) found.push_back(path);
  }
  if (found.empty()) return;
  const std::string said =
      "init: " + found.front() + " exists already; nothing was made or changed";
  if (found.front() == places.log_directory) {
    const bool all_made = found.back() == new_config_beside && !is_there(new_config);
    throw Failure(ExitStatus::usage,
                  all_made ? fmt::format("{}; an interrupted init left only the last step to do: "
                                         "mv {} {}",
                                         said, found.back(), new_config)
                           : said);
  }
  throw Failure(ExitStatus::usage,
                fmt::format("{}; if it was left by an interrupted init, which makes {} last, "
                            "remove {} and try again",
                            said, places.log_directory, fmt::join(found, ", ")));
}

void make_books(base::Sys& sys, const Config& config, const run::OldLog* old, Made& made,
                base::Time now) {
  const audit::KeyFiles& files = config.log_keys;
  const audit::Secret passphrase = audit::read_passphrase(sys, files.passphrase_file);
  const audit::SigningKey key = audit::SigningKey::generate(config.log.origin);
  // The key first, exclusively: of two at once, one stops here and has made nothing.
  base::create_file(sys, files.entries, key.to_pem(passphrase).text(), 0600);
  made.add(files.entries);
  std::optional<audit::SigningKey> checkpoint_key;
  if (!files.checkpoints.empty()) {
    checkpoint_key = audit::SigningKey::generate(config.log.origin);
    base::create_file(sys, files.checkpoints, checkpoint_key->to_pem(passphrase).text(), 0600);
    made.add(files.checkpoints);
  }
  made.add(config.index_path + ".new");
  made.add(config.index_path);
  made.add(config.index_path + "-journal");
  make_index(sys, config, old,
             config.schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now)));
  made.add(config.log.directory);
  made.add(config.log.directory + ".new");
  const audit::LogOpen open{key.verifier().vkey(), "expunge " EXPUNGE_VERSION,
                            checkpoint_key ? checkpoint_key->verifier().vkey() : ""};
  audit::create_log(sys, config.log, key, checkpoint_key ? &*checkpoint_key : nullptr,
                    first_entries(config, open, old, now), now);
}

void refuse_new_config(const Options& options) {
  for (const char* name : {"root", "department", "timezone", "origin", "passphrase-file", "rotate",
                           "controller", "contact"}) {
    if (options.has(name)) {
      options.refuse("--" + std::string(name) +
                     " is for a new DIR; without one the configuration says it");
    }
  }
}

ExitStatus init_here(const Invocation& call, const Options& options) {
  refuse_new_config(options);
  base::Sys& sys = base::real_sys();
  const Config config = configure(sys, call.global);
  std::error_code ignored;
  if (!fs::is_directory(config.archive_root, ignored)) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{}: archive.root: {} is not a directory; name the one that holds "
                              "the recordings",
                              config.path, base::printable(config.archive_root)));
  }
  require_nothing_there({config.index_path, config.log.directory, config.log_keys});
  {
    Made made;
    make_books(sys, config, nullptr, made, call.clock());
    // Whose they are is known now that they are there: in a service's directory, the service's.
    guard::refuse_exposed({fs::absolute(config.path).string(), config.log_keys.entries,
                           config.index_path, config.log.directory, config.archive_root,
                           audit::more_secrets(config.log_keys), programs_of(config)});
    made.keep();
  }
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Made {0}, {1}{2}\nand {3}.\n\n"
        "Next\n"
        "  1. Keep copies of {3}/keys/*.pem and {3}/checkpoint elsewhere: with them,\n"
        "     nobody can rewrite the log unnoticed.\n"
        "  2. expunge import RECORDINGS.csv\n"
        "  3. expunge check\n"
        "  4. expunge plan\n"
        "  5. expunge approve DIGEST --reason TEXT, before the first run\n"
        "  6. expunge run, every night: by expunge.timer, or expunge.cron\n",
        config.index_path, config.log_keys.entries,
        config.log_keys.checkpoints.empty() ? "" : ", " + config.log_keys.checkpoints,
        config.log.directory);
  }
  return with_anchor(ExitStatus::done, Anchor(config).call(0));
}

}  // namespace expunge::cli

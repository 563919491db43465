#include "guard/exposure.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "guard/path_walk.h"

namespace expunge::guard {
namespace {

using Weight = Exposure::Weight;

std::string user_name(uid_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string group_name(gid_t gid) {
  const group* const entry = ::getgrgid(gid);
  return entry == nullptr ? std::to_string(gid) : entry->gr_name;
}

/// Whether a group is its owner's own, as user private groups are: writing by it is then nobody
/// else's. One that is not in the database may be anybody's.
bool is_private(gid_t gid, uid_t owner) {
  const passwd* const user = ::getpwuid(owner);
  if (user == nullptr || user->pw_gid != gid) return false;
  const std::string name = user->pw_name;
  const group* const entry = ::getgrgid(gid);
  if (entry == nullptr) return false;
  for (char** member = entry->gr_mem; *member != nullptr; ++member) {
    if (name != *member) return false;
  }
  return true;
}

bool everybody_writes(const Standing& standing) {
  return (standing.status.st_mode & S_IWOTH) != 0;
}

bool group_writes(const Standing& standing) {
  return (standing.status.st_mode & S_IWGRP) != 0 &&
         !is_private(standing.status.st_gid, standing.status.st_uid);
}

/// Others may add names there, and not take away or replace ours.
bool is_sticky(const Standing& standing) {
  return (standing.status.st_mode & S_ISVTX) != 0;
}

/// For a shell, which may be asked to run the remedy.
std::string word(const std::string& path) {
  const bool plain = std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("/._-+,:@%=", c) != nullptr;
  });
  if (plain) return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return base::printable(quoted + "'");
}

class Judge {
 public:
  explicit Judge(const Holdings& holdings) : me_(::geteuid()) {
    const Walked key = walk(holdings.key);
    const Walked log = walk(holdings.log_directory);
    if (me_ == 0 && key.end && log.end && key.end->status.st_uid == log.end->status.st_uid) {
      service_ = key.end->status.st_uid;
    }
  }

  void key(const std::string& path) {
    const Walked walked = walk(path);
    if (walked.end) {
      const unsigned others = walked.end->status.st_mode & 077U;
      if (others != 0) {
        add(Weight::refused, *walked.end, "others than its owner may use this key", "chmod 600");
      }
      owner(Weight::refused, *walked.end);
    }
    way_to(walked);
  }

  /// A file that only its owner may write to.
  void file(const std::string& path) {
    const Walked walked = walk(path);
    if (walked.end) own(*walked.end);
    way_to(walked);
  }

  /// An index and its journal, in a directory in which others may not even add names.
  void index(const std::string& path) {
    const Walked walked = walk(path);
    if (!walked.directories.empty()) own(walked.directories.back());
    way_to(walked);
    if (!walked.end) return;
    for (const std::string& each : {walked.end->path, walked.end->path + "-journal"}) {
      const Walked file = walk(each);
      if (!file.end) continue;
      own(*file.end);
      if ((file.end->status.st_mode & S_IROTH) == 0) continue;
      add(Weight::warning, *file.end, "everybody may read it, and it holds personal data",
          "chmod o-r");
    }
  }

  /// A directory in which others may not even add names.
  void directory(const std::string& path) {
    const Walked walked = walk(path);
    if (walked.end) own(*walked.end);
    way_to(walked);
  }

  void archive_root(const std::string& path) {
    const Walked walked = walk(path);
    if (walked.end && everybody_writes(*walked.end)) {
      add(Weight::warning, *walked.end,
          "everybody may write to it, and put a file in a recording's place", "chmod o-w");
    } else if (walked.end && group_writes(*walked.end)) {
      const std::string name = group_name(walked.end->status.st_gid);
      add(Weight::note, *walked.end, "the group " + name + " may write to it, as a recorder's may",
          "");
    }
    for (const Standing& each : walked.directories) {
      if (!everybody_writes(each) || is_sticky(each)) continue;
      add(Weight::warning, each, "everybody may write to it", "chmod o-w");
    }
  }

  [[nodiscard]] std::vector<Exposure> found() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Exposure& a, const Exposure& b) { return a.weight > b.weight; });
    return std::move(found_);
  }

 private:
  void add(Weight weight, const Standing& at, const std::string& words, const std::string& cure) {
    Exposure exposure{weight,
                      fmt::format("{}: {} (mode {:04o})", base::printable(at.path), words,
                                  at.status.st_mode & 07777U),
                      cure.empty() ? "" : cure + " " + word(at.path)};
    // A directory on the way to several.
    const auto same = std::find_if(found_.begin(), found_.end(), [&](const Exposure& each) {
      return each.words == exposure.words;
    });
    if (same == found_.end()) return found_.push_back(std::move(exposure));
    if (same->weight < weight) *same = std::move(exposure);
  }

  [[nodiscard]] bool trusts(uid_t uid) const { return uid == 0 || uid == me_ || uid == service_; }

  void owner(Weight weight, const Standing& at) {
    if (trusts(at.status.st_uid)) return;
    // Somebody's home is theirs: what is ours does not belong below it.
    const std::string cure =
        weight == Weight::refused ? "chown " + user_name(service_ != 0 ? service_ : me_) : "";
    add(weight, at, "belongs to the user " + user_name(at.status.st_uid), cure);
  }

  void writers(Weight everybodys, Weight groups, const Standing& at) {
    if (everybody_writes(at)) {
      add(everybodys, at, "everybody may write to it",
          group_writes(at) ? "chmod go-w" : "chmod o-w");
    } else if (group_writes(at)) {
      add(groups, at, "the group " + group_name(at.status.st_gid) + " may write to it",
          "chmod g-w");
    }
  }

  void own(const Standing& at) {
    writers(Weight::refused, Weight::refused, at);
    owner(Weight::refused, at);
  }

  /// The directories on the way: whoever may write to one can put something else in the place of
  /// what lies below. What is theirs then is refused for its owner, so that those whom an
  /// administrator let in, a group or an owner, are said and not refused; but for the last one,
  /// which holds the thing itself.
  void way_to(const Walked& walked) {
    for (const Standing& each : walked.directories) {
      const bool last = &each == &walked.directories.back();
      const Weight let_in = last ? Weight::refused : Weight::warning;
      if (!is_sticky(each)) writers(Weight::refused, let_in, each);
      owner(let_in, each);
    }
  }

  uid_t me_;
  uid_t service_ = 0;
  std::vector<Exposure> found_;
};

}  // namespace

std::vector<Exposure> find_exposures(const Holdings& holdings) {
  Judge judge(holdings);
  judge.key(holdings.key);
  judge.index(holdings.index);
  judge.directory(holdings.log_directory);
  for (const char* name : {"/keys", "/checkpoints"}) judge.directory(holdings.log_directory + name);
  for (const char* name : {"/log.jsonl", "/checkpoint", "/run.lock"}) {
    judge.file(holdings.log_directory + name);
  }
  for (const std::string& path : holdings.more_secrets) judge.key(path);
  for (const std::string& path : holdings.programs) judge.file(path);
  if (!holdings.configuration.empty()) judge.file(holdings.configuration);
  judge.archive_root(holdings.archive_root);
  return judge.found();
}

void refuse_exposed(const Holdings& holdings) {
  const std::vector<Exposure> found = find_exposures(holdings);
  if (found.empty() || found.front().weight != Weight::refused) return;
  throw base::Failure(base::ExitStatus::usage,
                      found.front().words + "; run: " + found.front().remedy);
}

}  // namespace expunge::guard

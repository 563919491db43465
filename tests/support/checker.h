#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "support/scratch.h"

namespace expunge::test {

/// Audio whose every 32 bytes name the recording they belong to, so that any piece of it that can
/// still be read is found wherever it lies. At most 14 characters of id.
[[nodiscard]] std::string marked_audio(std::string_view id, std::size_t bytes);

/// The recordings of which a piece of marked_audio stands in `data`, each once, sorted.
[[nodiscard]] std::vector<std::string> marks_in(std::string_view data);

/// What may become of a recording in the runs that are checked.
enum class Fate {
  stays,   ///< nothing may change a byte of it: not due, held from the beginning, attention
  goes,    ///< due all the time: destroyed once a run has come to its end
  leaves,  ///< the same, and a file of it can only be unlinked: removed
  stops,   ///< due, and held at some time: untouched, stopped part way, or destroyed, as may be
};

/// The index as the next program that opens it would read it, journal included: in a copy, so that
/// a hot journal stays for that program to roll back.
class IndexCopy {
 public:
  explicit IndexCopy(const std::string& path);
  /// The first column of the first row, as text.
  [[nodiscard]] std::string value(const std::string& sql) const;
  /// All rows, as text; empty for NULL.
  [[nodiscard]] std::vector<std::vector<std::string>> rows(const std::string& sql) const;

 private:
  Scratch scratch_;
  std::string path_;
};

/// The one judge of what an interrupted or finished run left: of log, index and disk, as a
/// stranger reads them, and against what was put there. Reads only; the index it reads as a copy,
/// so that a hot journal stays for the program to roll back.
class Checker {
 public:
  /// The archive root, the index and the log's directory.
  Checker(std::string root, std::string index_path, audit::LogPlace log);

  /// A recording that was put there, with its files' paths below the root and their content.
  /// Content that is to be searched for comes from marked_audio.
  void expect(const std::string& id, Fate fate, std::map<std::string, std::string> files);

  /// No more is expected of it: somebody put another file in its place, or the like.
  void forget(const std::string& id) { known_.erase(id); }

  /// Looks at the newest checkpoint: from now on the log must continue it.
  void see_checkpoint();

  enum class Moment {
    interrupted,  ///< a run died, or ended early: what is begun may be half done
    finished,     ///< one more run came to its end, with nothing in its way
  };

  /// Everything wrong at this moment, in words; empty when nothing is:
  /// - the log verifies (at an interrupted moment its tail may be torn) and continues every
  ///   checkpoint that this checker has seen before;
  /// - a run.start stands before the first change of any file, and before each entry and each
  ///   journal row of its run;
  /// - no original byte can be read, under any name below the root, of what a `destroy` or a
  ///   `remove` claims, nor more of them than a `destroy.partial` says were kept;
  /// - what stays is untouched; index, disk and log agree about the rest, each place in the log
  /// that
  ///   the index names is of that recording, and the index knows of no more log than there is; the
  ///   index is sound;
  /// - when finished: what goes is destroyed once, and nothing is left in the journal.
  [[nodiscard]] std::vector<std::string> find_faults(Moment moment);

  /// What is claimed destroyed in the log and can still be read in `raw`: an image of the disk.
  [[nodiscard]] std::vector<std::string> find_claims_against(std::string_view raw) const;
  /// The same, of an image in which the marks of these recordings stand (marks_in).
  [[nodiscard]] std::vector<std::string> find_claims_against(
      const std::vector<std::string>& marked) const;

 private:
  struct Known {
    Fate fate;
    std::map<std::string, std::string> files;
  };
  struct Logged {
    int destroyed = 0, removed = 0, partial = 0;
    std::uint64_t kept_bytes = 0;     ///< by the newest destroy.partial
    std::set<std::uint64_t> entries;  ///< that name it
    [[nodiscard]] int gone() const { return destroyed + removed; }
    [[nodiscard]] bool any() const { return gone() + partial > 0; }
  };
  struct Indexed;  ///< what the index holds
  struct Account;  ///< of the log

  [[nodiscard]] Account read_account() const;
  void check_log(Moment moment, std::vector<std::string>& faults);
  void check_disk(const Account& account, std::vector<std::string>& faults) const;
  void check_index(const Account& account, Moment moment, std::vector<std::string>& faults) const;
  void check_row(const std::string& id, const Known& known, const Indexed& index,
                 const Logged& logged, Moment moment, std::vector<std::string>& faults) const;

  std::string root_, index_path_;
  audit::LogPlace log_;
  std::map<std::string, Known> known_;
  std::vector<std::string> checkpoints_;  ///< texts, oldest first
};

}  // namespace expunge::test

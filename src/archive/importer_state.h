#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/contradiction.h"
#include "archive/importer.h"
#include "archive/people.h"
#include "archive/store.h"
#include "base/sha256.h"

namespace expunge::archive {

/// What an import needs to know of a recording that the index has.
struct Known {
  std::int64_t key = 0;
  std::string id;
  State state = State::kept;
  std::string recorded_at;  // as stored
  std::string department;
  std::string subject_key;
  std::string agent_key;
  std::string call_id;
  bool gap = false;        // subject, agent or call id is missing
  bool opaque = false;     // its id is random
  bool by_digest = false;  // found as the recorder's key of an opaque id
};

/// importer.cc takes rows, importer_compare.cc holds them against what the index knows.
struct Importer::State {
  State(Store& store_of_index, const ImportKind& kind_of_import,
        std::function<bool(const std::string&)> is_on_disk, base::CivilDate day)
      : store(store_of_index),
        kind(kind_of_import),
        on_disk(std::move(is_on_disk)),
        today(day),
        contradictions(store, day) {}

  Store& store;
  ImportKind kind;
  std::function<bool(const std::string&)> on_disk;
  base::CivilDate today;
  ContradictionsOfImport contradictions;
  ImportCounts counts;
  std::int64_t newest_key_before = 0;
  bool uses_digests = false;
  bool awaits_words = false;  // of recordings that the index has not got
  bool several_noted = false;
  std::string salt;
  base::Sha256 sha256;
  std::vector<bool> marked;  // by key: a bit for each recording that was there before

  void begin();
  void end() noexcept;
  std::optional<base::Digest> source_digest(const std::string& id);
  std::optional<Known> find(const std::string& id, const std::optional<base::Digest>& digest);
  std::optional<Known> find(std::int64_t key);
  std::optional<std::int64_t> owner_of(const std::string& path);
  std::optional<std::string> take(const ImportRow& row);
  std::optional<std::string> take_shared(const ImportRow& row, const base::Digest& digest,
                                         std::int64_t owner);
  std::optional<std::string> take_known(const Known& known, const ImportRow& row);
  void add_recording(const ImportRow& row, const std::optional<base::Digest>& digest);
  std::optional<std::string> add_to(const Known& known, const ImportRow& row);
  std::string belongs_to_another(std::int64_t owner);
  void note_several(const People& subjects, const People& agents);
  void bring_back(const Known& known, const ImportRow& row);
  void add_file(std::int64_t key, const File& file);
  bool put_path_right(const Known& known, const ImportRow& row);
  bool mark(std::int64_t key);
  void mark_changed(std::int64_t key);

  void compare(const Known& known, const ImportRow& row);
  void compare_date(const Known& known, const ImportRow& row);
  void compare_department(const Known& known, const ImportRow& row);
  void compare_people(const Known& known, const ImportRow& row);
  void compare_call(const Known& known, const std::string& call_id);
  void compare_file(const Known& known, const File& file);
  void differs(const Known& known, std::string_view fact, std::string_view was,
               std::string_view says);
  void differs_secretly(const Known& known, std::string_view fact, const std::string& says);
  void join_people(const Known& known, const ImportRow& row);
  void fill_in(const Known& known, const ImportRow& row);
};

}  // namespace expunge::archive

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/office.h"
#include "support/scratch.h"

namespace expunge::test {

/// Of a list with subjects and calls.
inline std::string row(const std::string& id, int days, const std::string& subject = "",
                       const std::string& call = "") {
  return id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + subject + "," +
         call + "\n";
}

/// An office that has had its first run, with three recordings that are not due, `a`, `b` and `c`,
/// and whose index can be put back as it was.
struct ReadyOffice {
  ReadyOffice() {
    for (const char* id : {"old", "a", "b", "c"}) {
      office.write(std::string(id) + ".wav", std::string(8000, 'x'));
    }
    import(row("old", 400) + row("a", 3) + row("b", 2) + row("c", 1, "01462 474000"));
    CHECK_ENDED(call({"approve", office.digest(), "--reason", "the first run"}), 0);
    CHECK_ENDED(call({"run"}), 0);
  }

  [[nodiscard]] Ended call(const std::vector<std::string>& words,
                           const std::string& input = "") const {
    return office.call(words, input);
  }
  [[nodiscard]] Ended correct(const std::string& id, const char* option,
                              const std::string& value) const {
    return call({"correct", id, "--authority", "CR-1", option, value});
  }
  void import(const std::string& rows, int status = 0) const {
    CHECK_ENDED(call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows),
                status);
  }
  /// Of one that is not due, so that there is something to be destroyed before its time.
  void destroy_now(const std::string& id) const {
    CHECK_ENDED(call({"destroy", id, "--ground", "erasure", "--authority", "E-1", "--yes"}), 0);
  }
  [[nodiscard]] std::string index() const { return office.scratch / "office/index.db"; }
  void back_up() const {
    std::filesystem::copy_file(index(), office.scratch / "backup.db",
                               std::filesystem::copy_options::overwrite_existing);
  }
  void restore() const {
    std::filesystem::copy_file(office.scratch / "backup.db", index(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  /// Of a run that goes past the brake.
  [[nodiscard]] Ended accept() const {
    CHECK_ENDED(call({"run"}), 3);
    Ended ran = call({"run", "--accept-index"});
    CHECK_ENDED(ran, 1);
    return ran;
  }

  Office office;
};

}  // namespace expunge::test

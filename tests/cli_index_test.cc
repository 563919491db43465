// What stands where the index should be: commands say it in one line, and change nothing.

#include <algorithm>
#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Office;

namespace {

/// The office's index, with one recording that is due, and its log.
struct Files {
  explicit Files(const Office& office)
      : index(office.scratch / "office/index.db"), log(office.scratch / "office/log/log.jsonl") {}

  std::string index, log;
};

/// Empty, too, when it is not there.
std::string text_of(const std::string& path) {
  return std::filesystem::exists(path) ? test::slurp(path) : "";
}

std::string imported(const Office& office, const Files& files) {
  std::string csv = "id,department,recorded_at,path\n";
  for (int i = 0; i < 400; ++i) {
    const std::string number = std::to_string(i);
    csv += "r-" + number + ",Customer Services," + Office::days_ago(400) + ",f" + number + "\n";
  }
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  return test::slurp(files.index);
}

/// Every command with this in the index's place.
void check_refused(const Office& office, const Files& files, const std::string& index,
                   const std::string& why) {
  INFO(why);
  test::spill(files.index, index);
  const std::string journal = text_of(files.index + "-journal");
  const std::string log = test::slurp(files.log);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"plan"}, {"run"}, {"run", "--dry-run"}, {"hold", "list"}}) {
    const test::Ended ended = office.call(command);
    INFO(ended.err);
    CHECK(ended.status == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.starts_with("expunge: " + files.index + ": "));
    CHECK(contains(ended.err, why));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
    CHECK(test::slurp(files.index) == index);
    CHECK(text_of(files.index + "-journal") == journal);
    CHECK(test::slurp(files.log) == log);
  }
}

}  // namespace

TEST_CASE("An index that is newer or no index is exit 2 in one line and stays as it is") {
  const Office office;
  const Files files(office);
  const std::string good = imported(office, files);
  std::string newer = good;
  newer[63] = 9;  // user_version
  check_refused(office, files, newer, "made by a newer expunge");
  std::string other = good;
  other[68] = 'X';  // application_id
  check_refused(office, files, other, "not an expunge index");
  check_refused(office, files, std::string(20000, 'x'), "not an expunge index");
  check_refused(office, files, "", "not an expunge index");
  check_refused(office, files, good.substr(0, 60), "not an expunge index");
  test::spill(files.index, good);
  CHECK_ENDED(office.call({"hold", "list"}), 0);
}

TEST_CASE("A damaged index is exit 2 in one line and stays as it is") {
  const Office office;
  const Files files(office);
  const std::string good = imported(office, files);
  check_refused(office, files, good.substr(0, good.size() / 2), "damaged");
  check_refused(office, files, good.substr(0, 4096), "damaged");
  std::string noise = good;
  for (std::size_t at = 4096; at < noise.size(); ++at) noise[at] = static_cast<char>(at * 7);
  check_refused(office, files, noise, "damaged");
}

TEST_CASE("Another program's database and its journal are left as they are by every command") {
  const Office office;
  const Files files(office);
  std::filesystem::remove(files.index);
  test::sql_run(files.index, "CREATE TABLE recording(id TEXT); INSERT INTO recording VALUES (1)");
  check_refused(office, files, test::slurp(files.index), "not an expunge index");
}

#pragma once

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

// What tests of holds through the program have in common.
namespace expunge::test::hold_office {

using Words = std::vector<std::string>;
using Json = nlohmann::json;

/// Three recordings: Ann's, who spoke with 01632 960001, past their period; and Bob's of yesterday.
inline void furnish(const Office& office) {
  const std::string audio(9000, 'A');
  std::string csv = "id,department,recorded_at,path,subject,agent\n";
  const auto add = [&](const std::string& id, int days, const std::string& rest) {
    office.write(id + ".wav", audio + id);
    csv += id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + rest + "\n";
  };
  add("a-1", 420, "01632 960001,Ann B");
  add("a-2", 400, "01632 960002,Ann B");
  add("b-1", 1, "01632 960001,Bob");
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
}

inline Ended place(const Office& office, const std::string& reference, Words scope,
                   const std::string& kind = "sar") {
  Words words = {"hold", "place", reference, "--kind", kind, "--reason", "zebra asked"};
  words.insert(words.end(), scope.begin(), scope.end());
  return office.call(words);
}

inline Ended hold(const Office& office, Words words) {
  words.insert(words.begin(), "hold");
  return office.call(words);
}

inline std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

inline Json list(const Office& office, Words more = {}) {
  more.insert(more.begin(), {"list", "--json"});
  return Json::parse(hold(office, more).out);
}

/// The civil day so many days from now. The tests need no more: London's is UTC's or one later.
inline std::string day(int from_now) {
  return Office::days_ago(-from_now).substr(0, 10);
}

inline std::size_t zebras(const Office& office) {
  const Words needles = {"zebra", "01632960001", "annb"};
  return test::hits(index_of(office), needles) + test::hits(index_of(office) + "-journal", needles);
}

inline std::string log_of(const Office& office) {
  return test::slurp(office.scratch / "office/log/log.jsonl");
}

inline std::size_t logged(const Office& office, const std::string& type) {
  return test::hits(office.scratch / "office/log/log.jsonl", {"\"type\":\"" + type + "\""});
}

}  // namespace expunge::test::hold_office

#include "support/catch.h"
#include "support/intake_rows.h"

using namespace expunge;
using test::read_json;

namespace {

const std::string kObject =
    R"({"id":"r1","department":"Revenues","recorded_at":"2025-01-02T03:04:05Z","path":"a/b.wav"})";

std::string with(const std::string& members) {
  return kObject.substr(0, kObject.size() - 1) + "," + members + "}\n";
}

}  // namespace

TEST_CASE("An object a line becomes an import row") {
  const auto found =
      read_json(with(R"("role":"transcript","subject":"caf\u00e9 \"x\"","agent":"a","call_id":"c",)"
                     R"("bytes":17,"sha256":")" +
                     std::string(64, 'b') + "\""));
  REQUIRE(found.bad.empty());
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().id == "r1");
  CHECK(found.only().department == "Revenues");
  CHECK(found.date() == "2025-01-02T03:04:05Z");
  CHECK(found.only().file.path == "a/b.wav");
  CHECK(found.only().file.role == "transcript");
  CHECK(found.only().subject == "caf\u00e9 \"x\"");
  CHECK(found.only().file.bytes == 17);
  REQUIRE(found.only().file.sha256);
  CHECK((*found.only().file.sha256)[0] == 0xbb);
}

TEST_CASE("Bytes and Unix seconds may be JSON numbers or text") {
  CHECK(read_json(with(R"("bytes":"17")")).only().file.bytes == 17);
  CHECK(read_json(R"({"id":7,"department":"D","recorded_at":1735787045,"path":"a"})").date() ==
        "2025-01-02T03:04:05Z");
  CHECK(read_json(R"({"id":7,"department":"D","recorded_at":1735787045.75,"path":"a"})").date() ==
        "2025-01-02T03:04:05Z");
  CHECK_FALSE(read_json(with(R"("bytes":-1)")).only_cause().empty());
  CHECK_FALSE(read_json(with(R"("bytes":1.5)")).only_cause().empty());
}

TEST_CASE("A null date is no date and a null subject is none") {
  const auto found = read_json(
      R"({"id":"r1","department":"D","recorded_at":null,"path":"a","subject":null,"bytes":null})");
  REQUIRE(found.rows.size() == 1);
  CHECK(found.date() == "none");
  CHECK(found.only().subject.empty());
  CHECK_FALSE(found.only().file.bytes);
}

TEST_CASE("Lines of JSON are counted with the blank ones and CR LF and a BOM are fine") {
  const auto found =
      read_json("\xef\xbb\xbf" + kObject + "\r\n\r\n \n" + kObject + "\n{\n" + kObject);
  REQUIRE(found.rows.size() == 3);
  CHECK(found.rows[0].first == 1);
  CHECK(found.rows[1].first == 4);
  CHECK(found.rows[2].first == 6);
  REQUIRE(found.bad.size() == 1);
  CHECK(found.bad[0].line == 5);
  CHECK_MENTIONS(found.bad[0].cause, "not JSON");
}

TEST_CASE("No lines of JSON are no rows") {
  CHECK(read_json("").failure.empty());
  CHECK(read_json("").rows.empty());
}

TEST_CASE("Unknown members are passed over whatever their shape") {
  const auto found =
      read_json(with(R"("x":{"id":"other","path":["p"]},"y":[{"id":1},[]],"z":true)"));
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().id == "r1");
  CHECK(found.only().file.path == "a/b.wav");
  const std::string deep = R"("x":)" + std::string(200000, '[') + std::string(200000, ']');
  CHECK(read_json(with(deep)).rows.size() == 1);
}

TEST_CASE("A member that comes twice makes the row bad") {
  CHECK(read_json(with(R"("path":"other")")).only_cause() == "the member path is there twice");
  CHECK(read_json(with(R"("pat\u0068":"other")")).only_cause() == "the member path is there twice");
  CHECK(read_json(with(R"("x":1,"x":2)")).only_cause() == "the member x is there twice");
  CHECK(read_json(with(R"("x":{"y":1,"y":2})")).rows.size() == 1);
}

TEST_CASE("A member of ours that is no text makes the row bad") {
  for (const std::string value : {"true", "[]", "{}", "[\"s\"]"}) {
    const auto found = read_json(with("\"subject\":" + value));
    CHECK(found.rows.empty());
    CHECK(found.only_cause() == "the member subject is neither text nor a number");
  }
}

TEST_CASE("What is not one JSON object makes the line bad") {
  for (const std::string& line :
       {std::string("[]"), std::string("7"), std::string("\"text\""), std::string("null"),
        kObject + kObject, kObject + ",", "[" + kObject + "]", kObject.substr(0, 30),
        std::string("{'id':1}"), std::string("id,department,recorded_at,path"),
        std::string("{\"id\":\"\xff\"}"), std::string("{\"id\":\"\\ud800\"}")}) {
    const auto found = read_json(line + "\n");
    CAPTURE(line);
    CHECK(found.rows.empty());
    CHECK(found.bad.size() == 1);
    CHECK_FALSE(found.only_cause().empty());
  }
}

TEST_CASE("A missing member is named") {
  CHECK(read_json(R"({"id":"r1","department":"D","path":"a"})").only_cause() ==
        "there is no member recorded_at");
}

TEST_CASE("An escaped NUL in a path is refused") {
  CHECK(read_json(R"({"id":"r","department":"D","recorded_at":"","path":"a\u0000.wav"})")
            .only_cause() == "the path has a NUL byte");
}

TEST_CASE("Member names are mapped and a mapping that no row bears out is refused") {
  intake::ReadOptions options;
  options.columns.renamed = {{"recorded_at", "start_epoch"}, {"subject", "caller"}};
  const std::string line =
      R"({"id":"r","department":"D","start_epoch":"1735787045","path":"a","caller":"01632 960001"})";
  const auto found = read_json(line, options);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.date() == "2025-01-02T03:04:05Z");
  CHECK(found.only().subject == "01632 960001");

  options.columns.renamed["agent"] = "agnet";
  CHECK(read_json(line, options).failure ==
        "calls: no row has a member agnet, which --column agent=agnet names");
  options.columns.renamed = {{"when", "start_epoch"}};
  CHECK_MENTIONS(read_json(line, options).failure, "there is no column when");
}

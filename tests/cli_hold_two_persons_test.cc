// The end of a hold where it takes two persons.

#include "support/hold_office.h"
#include "support/logins.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using test::contains;
using test::Ended;
using test::Office;

TEST_CASE("Where two persons are needed the login that asked for a release cannot confirm it") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\nrelease-delay = none\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 2);
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm", "--reason", "x"}), 2);
  const Ended asked = hold(office, {"release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(asked, 0);
  CHECK(contains(asked.out, "hold release SAR-1 --confirm"));
  CHECK(contains(log_of(office), "\"unconfirmed\":true"));
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", "2040-01-01"}).out, "SAR-1"));
  const Ended again = hold(office, {"release", "SAR-1", "--reason", "x"});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "another login confirms it"));
  const Ended same = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(same, 2);
  CHECK(contains(same.err, "another login must confirm it"));
  CHECK(logged(office, "hold.confirm") == 0);
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK_ENDED(test::call_as(office, 61002, {"hold", "release", "SAR-1", "--confirm"}), 0);
  CHECK(logged(office, "hold.confirm") == 1);
  CHECK(list(office).at("holds").empty());
  const Json all = list(office, {"--all"}).at("holds").at(0);
  CHECK(all.at("state") == "ended");
  CHECK(all.at("release_user") == "61001");
  CHECK(all.at("confirm_user") == "61002");
  CHECK(zebras(office) > 0);  // the recordings have their agent and subject still
  CHECK(test::hits(index_of(office), {"zebra"}) == 0);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("Two logins release a hold together whatever user sudo makes of them") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  const Words ask = {"hold", "release", "SAR-1", "--reason", "answered"};
  const Words confirm = {"hold", "release", "SAR-1", "--confirm"};
  CHECK_ENDED(test::call_as(office, 61001, ask), 0);
  const Ended same = test::call_as(office, 61001, confirm);
  CHECK_ENDED(same, 2);
  CHECK(contains(same.err, "61001 asked for its release"));
  CHECK_ENDED(test::call_as(office, 61002, confirm), 0);
  const Json held = list(office).at("holds").at(0);
  CHECK(held.at("state") == "ending");
  CHECK(held.at("release_user") == "61001");
  CHECK(held.at("confirm_user") == "61002");
  CHECK_ENDED(test::call_as(office, 61003, {"hold", "keep", "SAR-1"}), 0);
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
}

TEST_CASE("Nobody asks for or confirms a release of two persons whose login is not known") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  const Words ask = {"hold", "release", "SAR-1", "--reason", "answered"};
  const Words confirm = {"hold", "release", "SAR-1", "--confirm"};
  const auto refused = [&](uid_t login, const Words& words) {
    const Ended ended = test::call_as(office, login, words);
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, "hold SAR-1: its release takes two persons"));
    CHECK(contains(ended.err, "nobody can tell who this is"));
    CHECK(contains(ended.err, "log in as yourself, and use sudo"));
  };
  const auto nobody = static_cast<uid_t>(-1);  // as under cron
  for (const uid_t login : {nobody, uid_t{0}}) refused(login, ask);
  CHECK(logged(office, "hold.release") == 0);
  CHECK_ENDED(test::call_as(office, 61001, ask), 0);
  for (const uid_t login : {nobody, uid_t{0}}) refused(login, confirm);
  CHECK(logged(office, "hold.confirm") == 0);
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK_ENDED(test::call_as(office, 61002, confirm), 0);
  // One person is enough elsewhere, whoever it is.
  const Office alone;
  furnish(alone);
  REQUIRE(place(alone, "SAR-1", {"--recording", "a-1"}).status == 0);
  CHECK_ENDED(test::call_as(alone, nobody, ask), 0);
}

TEST_CASE("A release that awaits confirmation can be taken back by either") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "x"}).status == 0);
  CHECK(contains(office.call({"status"}).out,
                 "holds whose release a second person must confirm: 1 (expunge hold list)"));
  CHECK(Json::parse(office.call({"status", "--json"}).out).at("unconfirmed") == 1);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
  CHECK_FALSE(contains(office.call({"status"}).out, "second person"));
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 2);
}

TEST_CASE("The delay runs from the confirmation") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\nrelease-delay = 3 days\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "x"}).status == 0);
  test::sql_run(index_of(office),
                "UPDATE hold SET release_user = 'x', released_at = '2020-01-01T00:00:00.000Z'");
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 0);
  const std::string until = list(office).at("holds").at(0).at("effective");
  CHECK((until == day(4) || until == day(5)));
}

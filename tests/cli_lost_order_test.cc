// Orders to destroy, and their withdrawals, that the log knows and an index, which is a restored
// backup, has lost.

#include "support/catch.h"
#include "support/page_text.h"
#include "support/ready_office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using Words = std::vector<std::string>;

namespace {

struct Ready : test::ReadyOffice {
  [[nodiscard]] Ended destroy(const std::string& id, const Words& more) const {
    Words words{"destroy", id};
    words.insert(words.end(), more.begin(), more.end());
    return office.call(words);
  }
  [[nodiscard]] Ended order(const std::string& id) const {
    return destroy(id, {"--ground", "erasure", "--authority", "E-1", "--yes", "--tonight"});
  }
  [[nodiscard]] std::string log() const {
    return test::slurp(office.scratch / "office/log/log.jsonl");
  }
};

}  // namespace

TEST_CASE("An order that was withdrawn destroys nothing when an older index is put back") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  CHECK_ENDED(ready.order("a"), 0);
  ready.back_up();
  CHECK_ENDED(ready.destroy("a", {"--withdraw"}), 0);
  CHECK(contains(ready.log(), "\"type\":\"order.withdraw\""));
  ready.restore();
  const Ended stopped = ready.office.call({"run"});
  CHECK_ENDED(stopped, 3);
  CHECK(contains(stopped.err, "brake index: the index is older than the log"));
  CHECK(contains(stopped.err, "imports, corrections or orders: 1"));
  const Ended ran = ready.office.call({"run", "--accept-index"});
  CHECK(contains(ran.err,
                 "a: the log says that the order to destroy it that the index has (ground erasure, "
                 "authority E-1) was withdrawn, and the index did not know: withdrawn again"));
  CHECK(ready.office.exists("a.wav"));
  CHECK(contains(ready.office.call({"explain", "a"}).out, "kept: kept for 12 months"));
  CHECK_ENDED(ready.office.call({"run"}), 0);
  CHECK(ready.office.exists("a.wav"));
}

TEST_CASE("An order that an older index has lost keeps its recording until it is given again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.order("a"), 0);
  CHECK(contains(ready.log(), "\"type\":\"order\""));
  ready.restore();
  CHECK_ENDED(ready.office.call({"run"}), 3);
  const Ended ran = ready.office.call({"run", "--accept-index"});
  CHECK_ENDED(ran, 1);
  const std::string words =
      "the log says that it was ordered to be destroyed (ground erasure, authority E-1), and the "
      "index did not know";
  CHECK(contains(
      ran.err, "a: " + words + ": give that order again, when no hold covers it, or withdraw it"));
  // Not once only: it stays attention.
  CHECK_ENDED(ready.office.call({"run"}), 1);
  CHECK(contains(ready.office.call({"explain", "a"}).out, words));
  const Ended settled = ready.office.call({"correct", "a", "--as-indexed", "--authority", "CR-1"});
  CHECK_ENDED(settled, 2);
  CHECK(contains(settled.err, "an order to destroy it stands in the log alone: give it again"));
  CHECK(ready.office.exists("a.wav"));
  CHECK_ENDED(ready.order("a"), 0);
  CHECK_ENDED(ready.office.call({"run"}), 0);
  CHECK_FALSE(ready.office.exists("a.wav"));
}

TEST_CASE("An order that the log alone knows can be withdrawn, before a run learns of it too") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.order("a"), 0);
  CHECK_ENDED(ready.order("b"), 0);
  ready.restore();
  CHECK_ENDED(ready.destroy("b", {"--withdraw"}), 0);
  CHECK_ENDED(ready.destroy("b", {"--withdraw"}), 2);
  const Ended ran = ready.office.call({"run", "--accept-index"});
  CHECK_ENDED(ran, 1);
  CHECK(contains(ran.err, "a: the log says that it was ordered"));
  CHECK_FALSE(contains(ran.err, "b: the log says"));
  CHECK_ENDED(ready.destroy("a", {"--withdraw"}), 0);
  CHECK(contains(ready.log(), "\"type\":\"order.withdraw\""));
  CHECK_ENDED(ready.office.call({"run"}), 0);
  CHECK(contains(ready.office.call({"explain", "a"}).out, "kept: kept for 12 months"));
}

TEST_CASE("An order's withdrawal that an older index has lost is not asked for again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.order("a"), 0);
  ready.restore();
  CHECK_ENDED(ready.office.call({"run", "--accept-index"}), 1);
  ready.back_up();
  CHECK_ENDED(ready.destroy("a", {"--withdraw"}), 0);
  ready.restore();
  CHECK(contains(ready.office.call({"run", "--accept-index"}).err,
                 "a: the log says that the order to destroy it"));
  CHECK(contains(ready.office.call({"explain", "a"}).out, "kept: kept for 12 months"));
}

TEST_CASE("No second order is given beside one that the log alone knows") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.order("a"), 0);
  ready.restore();
  const Ended refused =
      ready.destroy("a", {"--ground", "order", "--authority", "X-8", "--yes", "--tonight"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "the log says that it is ordered already (erasure, authority E-1)"));
  CHECK_ENDED(ready.order("a"), 0);
  CHECK_FALSE(contains(ready.office.call({"run", "--accept-index"}).err, "a: the log says"));
  CHECK_FALSE(ready.office.exists("a.wav"));
}

TEST_CASE("Nothing goes by another order than the log's last one") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  CHECK_ENDED(ready.order("a"), 0);
  ready.back_up();
  CHECK_ENDED(ready.destroy("a", {"--withdraw"}), 0);
  CHECK_ENDED(ready.destroy("a", {"--ground", "order", "--authority", "C-7", "--yes", "--tonight"}),
              0);
  ready.restore();
  CHECK_ENDED(ready.office.call({"run"}), 3);
  const Ended ran = ready.office.call({"run", "--accept-index"});
  CHECK_ENDED(ran, 1);
  CHECK(contains(ran.err, "(ground erasure, authority E-1) was withdrawn, and the index did not"));
  CHECK(contains(ran.err, "(ground order, authority C-7), and the index did not know"));
  CHECK(ready.office.exists("a.wav"));
}

TEST_CASE("An order that the log alone knows waits for the end of a hold that came first again") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  ready.back_up();
  CHECK_ENDED(ready.order("a"), 0);
  const Words hold{"hold",     "place",     "H-1",         "--kind", "sar",
                   "--reason", "a request", "--recording", "a"};
  CHECK_ENDED(ready.office.call(hold), 0);
  ready.restore();
  CHECK_ENDED(ready.office.call(hold), 1);
  CHECK_ENDED(ready.office.call({"run", "--accept-index"}), 1);
  const Ended refused = ready.order("a");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "a hold wins"));
  // It is not forgotten meanwhile.
  CHECK_ENDED(ready.office.call({"run"}), 1);
  CHECK(contains(ready.office.call({"explain", "a"}).out, "ordered to be destroyed"));
}

TEST_CASE("Orders that were given and withdrawn and given again are as the log has them last") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ready ready;
  CHECK_ENDED(ready.order("a"), 0);
  CHECK_ENDED(ready.destroy("a", {"--withdraw"}), 0);
  CHECK_ENDED(ready.order("a"), 0);
  CHECK_ENDED(ready.order("b"), 0);
  CHECK_ENDED(ready.destroy("b", {"--withdraw"}), 0);
  const Ended ran = ready.office.call({"run"});
  CHECK_ENDED(ran, 0);
  CHECK_FALSE(contains(ran.err, "the log says"));
  CHECK_FALSE(ready.office.exists("a.wav"));
  CHECK(ready.office.exists("b.wav"));
  const test::Scratch out;
  CHECK_ENDED(ready.office.call({"log", "certificate", "a", "--output", out / ""}), 0);
  const std::string page = test::unwrapped(test::slurp(out / "a.html"));
  CHECK(contains(page, "ordered to be destroyed: a request for erasure under Article 17"));
  CHECK(contains(page, "an order to destroy it was withdrawn"));
}

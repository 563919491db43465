// What a pattern says of a path.

#include "intake/scan_pattern.h"

#include "intake/scan_names.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::intake;
using test::contains;
using test::failure_of;
using Match = ScanPattern::Match;

namespace {

std::string refusal(const std::string& pattern) {
  return failure_of([&] { ScanPattern made(pattern); });
}

/// What the pattern's groups make of the path as a column recorded_at.
std::string time(const std::string& pattern, const std::string& path) {
  const ScanPattern made(pattern);
  Captured captured;
  if (made.match(path, captured) != Match::yes) return "no match";
  std::string fault;
  const auto named = time_of(captured, fault);
  if (!named) return fault;
  return named->text + (named->has_time_of_day ? "" : " (no time)");
}

std::string role(const std::string& path) {
  return role_of(path, {});
}
std::string call(const std::string& path) {
  return call_of(path, {});
}

}  // namespace

TEST_CASE("A pattern that is none is refused with the place of its fault") {
  CHECK(contains(refusal("abc(def"), "missing closing parenthesis, at character 8"));
  CHECK(contains(refusal("a**+?{"), "at character"));
  CHECK(contains(refusal("[z-a]"), "at character 4"));
  CHECK(contains(refusal("(?<year>\\d+"), "at character 12"));
  CHECK(contains(refusal("a\xff"), "at character"));
  CHECK(contains(refusal(""), "empty"));
  CHECK(contains(refusal(std::string(5000, 'a')), "longer than 4096 bytes"));
  CHECK(contains(refusal("\\C"), "at character"));
}

TEST_CASE("A group that is none of ours is refused by its name") {
  const std::string text = refusal("(?<yaer>\\d{4})");
  CHECK(contains(text, "the group 'yaer', which is none of year, month, day"));
  CHECK(text.starts_with("usage: "));
  CHECK(contains(refusal("(?<YEAR>\\d{4})"), "'YEAR'"));
}

TEST_CASE("A pattern must fit the whole path") {
  const ScanPattern pattern("(?<date>\\d{8})\\.wav");
  Captured captured;
  CHECK(pattern.match("20251123.wav", captured) == Match::yes);
  CHECK(captured.at(Group::date) == "20251123");
  for (const char* path : {"x20251123.wav", "20251123.wav.part", "a/20251123.wav", "20251123.wav\n",
                           "0120251123.wav", ""}) {
    CHECK(pattern.match(path, captured) == Match::no);
  }
  // Alternatives are held to the whole too, and a name may stand in each.
  const ScanPattern either("(?<date>\\d{8})\\.wav|rec-(?<date>\\d{8})\\.mp3");
  CHECK(either.match("rec-20240229.mp3", captured) == Match::yes);
  CHECK(captured.at(Group::date) == "20240229");
  CHECK(either.match("20240229.wavx", captured) == Match::no);
}

TEST_CASE("A pattern that would run for ever gives up on the path") {
  const ScanPattern pattern("(?:a+)+(?<date>\\d{8})");
  Captured captured;
  CHECK(pattern.match(std::string(200, 'a'), captured) == Match::too_costly);
  CHECK(pattern.match("aaa20251123", captured) == Match::yes);
  // As deep a nesting as a path allows neither ends the process nor matches wrongly.
  const ScanPattern deep("(?:(?:a|b)*c?)*");
  CHECK(pattern.match(std::string(4000, 'b'), captured) == Match::no);
  CHECK(deep.match(std::string(4000, 'a') + "d", captured) != Match::yes);
}

TEST_CASE("Whether a pattern gives a date is known before any path") {
  CHECK(ScanPattern("(?<epoch>\\d+)").has_date());
  CHECK(ScanPattern("(?<year>.)(?<month>.)(?<day>.)").has_date());
  CHECK_FALSE(ScanPattern("(?<year>.)(?<month>.)").has_date());
  CHECK_FALSE(ScanPattern("(?<time>.*)").has_date());
}

TEST_CASE("Groups make a time, and what is left out counts as late as it can be") {
  CHECK(time("(?<date>\\d{8})-(?<time>\\d{6})", "20251123-174501") == "2025-11-23T17:45:01");
  CHECK(time("(?<date>.{10})/(?<time>.*)", "2025/11/23/17-45-01") == "2025-11-23T17:45:01");
  CHECK(time("(?<date>.{10})T(?<time>.*)", "2025-11-23T1745") == "2025-11-23T17:45:59");
  CHECK(time("(?<year>\\d+)/(?<month>\\d+)/(?<day>\\d+)/(?<hour>\\d+)", "2025/1/2/7") ==
        "2025-01-02T07:59:59");
  CHECK(time("(?<year>\\d+)/(?<month>\\d+)/(?<day>\\d+)", "2025/11/23") == "2025-11-23 (no time)");
  CHECK(time("(?<epoch>\\d+)\\.\\d+", "1700000000.42") == "1700000000");
  CHECK(time("(?<date>\\d{8})?.*", "nothing") == " (no time)");
  CHECK(contains(time("(?<date>.*)", "23 Nov 25"), "the group date found \"23 Nov 25\""));
  CHECK(contains(time("(?<date>\\d+)", "251123"), "which is not a date as 20261123"));
  CHECK(contains(time("(?<date>\\d{8})-(?<time>.*)", "20251123-1"), "the group time found"));
  CHECK(contains(time("(?<year>\\d{4})(?<month>)(?<day>)", "2025"), "a part alone"));
}

TEST_CASE("The files of one call are told from those of another") {
  CHECK(call("d/a.wav") == "d/a");
  CHECK(call("d/a.WAV") == "d/a");
  CHECK(call("d/a.gsm") == "d/a");
  CHECK(call("d/a-in.wav") == "d/a");
  CHECK(call("d/a-out.wav.pgp") == "d/a");
  CHECK(call("d/a.json") == "d/a");
  CHECK(call("d/1700000000.42.wav") == "d/1700000000.42");
  CHECK(call("d/1700000000.42") == "d/1700000000.42");  // no extension, but another call
  CHECK(call("d.x/a") == "d.x/a");
  CHECK(call("d/-in.wav") == "d/-in");
  CHECK(call("d/.wav") == "d/.wav");
  CHECK(role("d/a.wav") == "audio");
  CHECK(role("d/a-in.WAV") == "audio-in");
  CHECK(role("d/a-all.mp3.gpg") == "audio-all");
  CHECK(role("d/a.vtt") == "transcript");
  CHECK(role("d/a.json") == "sidecar");
  CHECK(role("d/a.key") == "key");
  CHECK(role("d/a.bin") == "other");
  CHECK(role("d/a") == "other");

  const ScanPattern pattern("(?<date>\\d{8})_(?<role>in|OUT|agent)\\.wav");
  Captured in;
  Captured out;
  const std::string one = "20251123_in.wav";
  const std::string two = "20251123_OUT.wav";
  REQUIRE(pattern.match(one, in) == Match::yes);
  REQUIRE(pattern.match(two, out) == Match::yes);
  CHECK(call_of(one, in) == call_of(two, out));
  CHECK(role_of(one, in) == "audio-in");
  CHECK(role_of(two, out) == "audio-out");
}

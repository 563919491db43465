// The plan as a page: what it says, in which order, and what it never does.

#include <fmt/format.h>

#include <algorithm>

#include "audit/base64.h"
#include "base/sha256.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/page_text.h"
#include "support/plan_pages.h"

using namespace expunge;
using namespace expunge::test;

namespace {

/// What stands between two marks, the first time.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const auto begin = text.find(from);
  if (begin == std::string::npos) return "";
  const auto end = text.find(to, begin + from.size());
  return text.substr(begin + from.size(), end - begin - from.size());
}

std::string hash_source(const std::string& text) {
  return "'sha256-" + audit::to_base64(base::sha256(text)) + "'";
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("The plan's page says what will happen before all and how it was made last") {
  const Office office;
  add_ordinary(office);
  const std::string path = plan_page(office);
  const std::string html = slurp(path);
  CHECK(is_well_formed(path));
  const std::vector<std::string> in_order{
      "<h1>Plan for ",
      "The dry run for the next run, on ",
      "Nothing will be destroyed, because brakes are on (first-run, share); due: 118 of 273 "
      "recordings.",
      ">Brakes</h2>",
      "The brake first-run",
      "To go on: read the plan (expunge plan), then say yes to it",
      ">By department</h2>",
      ">Needs attention</h2>",
      "No date: 30 recordings",
      "What to do: find its true date in the recorder",
      ">Held</h2>",
      "<code>LIT-2026/3</code>",
      "<code>SAR-2026/17</code>",
      ">Due</h2>",
      "<code>due-00029</code>",
      ">What falls due over the next 12 months</h2>",
      "<svg ",
      ">The archive by age</h2>",
      "<svg ",
      ">Digest and approval</h2>",
      "expunge --config &#39;" + office.config + "&#39; approve " + office.digest() +
          " --reason &#39;plan read and found right&#39;",
      ">How this page was made</h2>",
      "<dt>Index</dt>"};
  std::size_t at = html.find("<body>");
  for (const std::string& part : in_order) {
    INFO(part);
    const auto found = html.find(part, at);
    CHECK(found != std::string::npos);
    if (found != std::string::npos) at = found;
  }
}

TEST_CASE("The plan's page counts for each hold what it keeps past its period") {
  const Office office;
  add_ordinary(office);
  const std::string held = between(slurp(plan_page(office)), ">Held</h2>", ">Due</h2>");
  CHECK(contains(held, "Holds keep 2 recordings past the retention period"));
  const std::string lit = between(held, "<code>LIT-2026/3</code>", "</tr>");
  CHECK(contains(lit, "(litigation)</td>"));
  CHECK(contains(lit, "data-label=\"Recordings\">1</td>"));
  CHECK(contains(between(held, "<code>SAR-2026/17</code>", "</tr>"),
                 "data-label=\"Recordings\">2</td>"));
  CHECK_FALSE(contains(held, "by letter"));
}

TEST_CASE("The plan's page does not say that the period is over of what was ordered before it is") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"},
                          "id,department,recorded_at,path\nyoung,Customer "
                          "Services," +
                              Office::days_ago(10) + ",young.wav\n"),
              0);
  CHECK_ENDED(office.call({"destroy", "young", "--ground", "erasure", "--authority", "E-1", "--yes",
                           "--tonight"}),
              0);
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "letter",
                           "--recording", "young"}),
              0);
  const std::string html = slurp(plan_page(office));
  CHECK(contains(html,
                 "Holds keep 1 recording past the retention period, or ordered to be "
                 "destroyed before it is over."));
  CHECK(
      contains(html, "Held: the period is over, or its destruction is ordered, and a hold says "));
  CHECK(contains(html, "Due: the period is over, or its destruction is ordered, and nothing says"));
}

TEST_CASE("The plan's page of an approved plan says who approved it and of nothing due says so") {
  const Office office;
  add_ordinary(office);
  approve(office);
  const std::string html = slurp(plan_page(office));
  CHECK(contains(html, "118 recordings will be destroyed, as "));
  CHECK(contains(html, "No brake is on."));
  CHECK(contains(html, "<dt>Approved by</dt>"));
  CHECK(contains(html, "No approval is needed for this plan."));
  const Office empty;
  CHECK(contains(slurp(plan_page(empty)), "Nothing is due, so nothing will be destroyed."));
}

TEST_CASE("The plan's page loads nothing and runs nothing but its own script by its hash") {
  const Office office;
  add_hostile(office);
  const std::string path = plan_page(office);
  const std::string html = slurp(path);
  CHECK(is_well_formed(path));
  CHECK(count_of(html, "<script") == 1);
  CHECK(count_of(html, "<style") == 1);
  const std::string policy = between(html, "Content-Security-Policy\" content=\"", "\"/>");
  CHECK(contains(policy, "default-src 'none'"));
  CHECK(
      contains(policy, "script-src " + hash_source(between(html, "<script>", "</script>")) + ";"));
  CHECK(contains(policy, "style-src " + hash_source(between(html, "<style>", "</style>")) + ";"));
  CHECK_FALSE(contains(policy, "unsafe"));
  for (const char* const never : {"<img", "<link", "\" src=", "\" style=", "\" onclick=", "url(",
                                  "http://", "https://", "\u202e", "<b>"}) {
    INFO(never);
    std::string text = html;
    // The names of XML, which nothing loads.
    for (const char* const name : {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}) {
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.erase(at, std::string(name).size());
      }
    }
    CHECK_FALSE(contains(text, never));
  }
  CHECK(contains(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
  CHECK(html.size() < 200'000);
}

TEST_CASE(
    "The plan's page lists five thousand due recordings and names the CSV that has the rest") {
  const Office office;
  add_ordinary(office, 5100);
  const std::string path = plan_page(office, {"--as-of", Office::days_ago(0).substr(0, 10)});
  const std::string html = slurp(path);
  const std::string due = between(html, ">Due</h2>", ">What falls due");
  CHECK(contains(due, "5,098 recordings (939.7 MB) are past their retention period"));
  CHECK(contains(due, "Only the first 5,000 of them are listed here"));
  CHECK(contains(due, " plan --format csv --spreadsheet --output plan.csv --as-of "));
  CHECK(count_of(due, "<code>due-") == 5000);
  CHECK(count_of(due, "<details>") == 10);
  CHECK(contains(due, "<summary>Recordings 501 to 1,000: recorded from "));
}

TEST_CASE("The plan's page of one department says so and keeps the figures of all") {
  const Office office;
  add_ordinary(office);
  const std::string html = slurp(plan_page(office, {"--department", "Revenues and Benefits"}));
  CHECK(contains(html, "Of the department Revenues and Benefits alone"));
  CHECK(contains(html, "due: 118 of 273 recordings."));
  CHECK(contains(html, "40 recordings (7.4 MB) are past their retention period"));
  CHECK(contains(html, "No recording needs attention."));
}

TEST_CASE("The plan's page goes to standard output by itself and for a dash") {
  const Office office;
  add_ordinary(office, 3);
  const Ended plain = office.call({"plan", "--format", "html"});
  CHECK_ENDED(plain, 1);
  CHECK(plain.out.starts_with("<!DOCTYPE html>"));
  CHECK(plain.out.ends_with("</html>\n"));
  CHECK(office.call({"plan", "--format", "html", "--output", "-"}).out.size() == plain.out.size());
  CHECK_ENDED(office.call({"plan", "--format", "pdf"}), 2);
}

TEST_CASE("What falls due is counted by month for twelve months and the archive by its age") {
  const Office office;
  add_ordinary(office);
  const std::string html = slurp(plan_page(office));
  const std::string falls = between(html, ">What falls due over", ">The archive by age</h2>");
  CHECK(contains(falls, "120 recordings will fall due"));
  CHECK(contains(falls, "Later: 0."));
  CHECK((count_of(falls, "<rect ") >= 12 && count_of(falls, "<rect ") <= 13));
  // Each figure of the picture stands in the table.
  const std::string svg = between(falls, "<svg ", "</svg>");
  for (auto at = svg.find("em\">"); at != std::string::npos; at = svg.find("em\">", at + 1)) {
    const std::string label = svg.substr(at + 4, svg.find('<', at + 4) - at - 4);
    if (label.empty() || label.find_first_not_of("0123456789,") != std::string::npos) continue;
    INFO(label);
    CHECK(contains(falls, "data-label=\"Recordings\">" + label + "</td>"));
  }
  const std::string age = between(html, ">The archive by age</h2>", ">Digest and approval</h2>");
  CHECK(contains(age, "without a date that can be true: 32."));
  CHECK(contains(age, "by month of recording"));
  CHECK(contains(age, "Without a date that can be true<"));
  CHECK_FALSE(contains(age, "Without a date<"));
}

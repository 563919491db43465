#include "support/plan_pages.h"

#include <fmt/format.h>

#include <stdexcept>

#include "support/hostile_archive.h"

namespace expunge::test {
namespace {

constexpr const char* kHead = "id,department,recorded_at,path,bytes,subject\n";

void need(const Ended& ended, int most) {
  if (ended.status > most) throw std::runtime_error(ended.err);
}

std::string row(const std::string& id, const std::string& department, const std::string& when,
                const std::string& path) {
  return fmt::format("{},{},{},{},184324,\n", id, department, when, path);
}

}  // namespace

void add_ordinary(const Office& office, int due) {
  std::string csv = kHead;
  const auto department = [](int i) {
    return i % 3 == 0 ? "Revenues and Benefits" : "Customer Services";
  };
  for (int i = 0; i < due; ++i) {
    csv += row(fmt::format("due-{:05}", i), department(i), Office::days_ago(370 + i % 30),
               fmt::format("due/{}.wav", i));
  }
  for (int i = 0; i < 360; i += 3) {
    csv += row(fmt::format("kept-{:03}", i), department(i), Office::days_ago(i + 1),
               fmt::format("kept/{}.wav", i));
  }
  for (int i = 0; i < 30; ++i) {
    csv += row(fmt::format("no-date-{}", i), "Customer Services", "", fmt::format("odd/{}.wav", i));
  }
  csv += row("early", "Customer Services", "1999-01-01T00:00:00Z", "odd/early.wav");
  csv += row("future", "Customer Services", Office::days_ago(-40), "odd/future.wav");
  csv += row("other", "Housing", Office::days_ago(30), "odd/other.wav");
  need(office.call({"import", "-"}, csv), 0);
  need(office.call({"hold", "place", "SAR-2026/17", "--kind", "sar", "--reason", "by letter",
                    "--recording", "due-00001", "due-00002"}),
       0);
  need(office.call({"hold", "place", "LIT-2026/3", "--kind", "litigation", "--reason", "claim",
                    "--recording", "due-00002", "kept-000"}),
       0);
}

void add_odd_ones(const Office& office) {
  std::string csv = kHead;
  for (int i = 0; i < 60; ++i) {
    csv += row(fmt::format("odd-{:02}", i), i % 2 == 0 ? "Housing" : "Customer Services",
               i % 2 == 0 ? Office::days_ago(400) : "", fmt::format("odd/{}.wav", i));
  }
  need(office.call({"import", "-"}, csv), 0);
}

void add_hostile(const Office& office) {
  RawIndex index(office.scratch / "office/index.db");
  const std::string markup = "<script>alert('x')</script>\"'&amp;<b>";
  index.add(markup, Office::days_ago(400), markup, {{"a.wav"}});
  index.add("]]></script><!--", Office::days_ago(400), "]]>--><style>*{display:none}", {{"b.wav"}});
  index.add("rtl", Office::days_ago(400), "\u202Eשלום مرحبا\u2066", {{"c.wav"}});
  index.add(std::string(10000, 'i'), Office::days_ago(400), std::string(10000, 'W'), {{"d.wav"}});
  index.add("line\nbreak\ttab\x01", Office::days_ago(400), "Housing\xff\r\n=1+1", {{"e.wav"}});
  index.add("=cmd|'/c calc'!A1", Office::days_ago(400), "@SUM(1+1)", {{"f.wav"}});
  index.add("fine", Office::days_ago(400), "Customer Services", {{"g.wav"}});
  index.run("UPDATE recording SET contradiction = ?1 WHERE id = 'fine'",
            {"the import says <img src=x onerror=alert(1)> " + std::string(5000, 'z')});
  need(office.call({"hold", "place", "H-1", "--kind", "other", "--reason", markup, "--department",
                    "Customer Services"}),
       1);
}

void approve(const Office& office) {
  need(office.call({"approve", office.digest(), "--reason", "read"}), 0);
}

std::string plan_page(const Office& office, const std::vector<std::string>& more) {
  std::string path = office.scratch / "plan.html";
  std::vector<std::string> words{"plan", "--format", "html", "--output", path};
  words.insert(words.end(), more.begin(), more.end());
  need(office.call(words), 1);
  return path;
}

}  // namespace expunge::test

#include "support/attention_office.h"

#include <fmt/format.h>

#include "support/catch.h"

namespace expunge::test::attention_office {

std::string in_days(int days) {
  return Office::days_ago(-days).substr(0, 10);
}

void furnish(const Office& office) {
  std::string csv = "id,department,recorded_at,path\n";
  for (const char* id : {"good", "odd-1", "odd-2", "bare"}) {
    office.write(std::string(id) + ".wav", std::string(5000, 'A'));
    const bool odd = std::string(id).starts_with("odd");
    csv += fmt::format("{},{},{},{}.wav\n", id, odd ? "ZZHOUSING" : "Customer Services",
                       std::string(id) == "bare" ? "" : Office::days_ago(3), id);
  }
  const Ended imported = office.call({"import", "-"}, csv);
  REQUIRE(imported.status == 0);
  REQUIRE(contains(imported.out, "Of the recordings added, need attention: 3; expunge plan"));
}

Words acknowledging(Words ids) {
  ids.insert(ids.begin(), "acknowledge");
  ids.insert(ids.end(), {"--until", in_days(30), "--reason", "ZZWHY"});
  return ids;
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

std::string log_of(const Office& office) {
  return slurp(office.scratch / "office/log/log.jsonl");
}

nlohmann::json plan_of(const Office& office) {
  return nlohmann::json::parse(office.call({"plan", "--format", "json", "--all"}).out);
}

nlohmann::json planned(const Office& office, const std::string& id) {
  const nlohmann::json plan = plan_of(office);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each;
  }
  return {};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace expunge::test::attention_office

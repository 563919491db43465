#include "support/settled_council.h"

#include <unistd.h>

#include <filesystem>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"

namespace expunge::test::settled_council {

Settled::Settled() : council(machine_time(-std::chrono::hours{20}).c_str()) {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  council.host = name;
  council.add("first", Office::days_ago(450), "first.wav", kAudio);
  ready = council.can_destroy() && council.approve_and_run().tally.destroyed == 1;
  std::filesystem::create_directory(council.scratch / "certificates");
}

void Settled::add_due(const std::string& id) {
  council.add(id, Office::days_ago(367), id + ".wav", kAudio);
}

nlohmann::json Settled::last(const std::string& type) const {
  return nlohmann::json::parse(council.entries(type).back());
}

std::string Settled::certificate(const std::string& run) const {
  const std::string out = council.scratch / "certificates";
  CHECK_ENDED(CouncilProgram(council).call(
                  {"log", "certificate", "--run", run, "--output", out, "--replace"}),
              0);
  return unwrapped(slurp(out + "/" + run + ".txt"));
}

}  // namespace expunge::test::settled_council

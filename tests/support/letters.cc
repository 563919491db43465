#include "support/letters.h"

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"

namespace expunge::test::letters {

std::string letter(const Council& council, const std::string& id) {
  const Ended told = CouncilProgram(council).call({"explain", id});
  CHECK_ENDED(told, 0);
  return unwrapped(told.out.substr(0, told.out.find("For the office")));
}

std::string certificate(const Council& council, const std::string& run) {
  const Scratch scratch;
  CHECK_ENDED(
      CouncilProgram(council).call({"log", "certificate", "--run", run, "--output", scratch / ""}),
      0);
  return unwrapped(slurp(scratch / (run + ".txt")));
}

void hold(Council& council, const std::string& id) {
  council.place_hold("SAR-1", {id, "", "", {}, {}});
}

}  // namespace expunge::test::letters

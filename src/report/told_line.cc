#include "report/told_line.h"

#include <nlohmann/json.hpp>

namespace expunge::report {

std::string told_line(const archive::Untold& untold) {
  const bool removed = untold.state == archive::State::removed;
  const nlohmann::ordered_json json = {{"recording", untold.recording},
                                       {"source", untold.source},
                                       {"state", removed ? "removed" : "destroyed"},
                                       {"destroyed_at", base::to_text(untold.destroyed_at)},
                                       {"log_seq", untold.log_seq}};
  using Json = nlohmann::ordered_json;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace expunge::report

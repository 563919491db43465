#include "run/remember.h"

namespace expunge::run {

audit::Position remembered(const archive::Index& index) {
  const archive::LogPosition position = index.log_position();
  return {position.size, position.last_hash};
}

void remember(archive::Index::Writing& writing, const audit::LogWriter& log) {
  writing.remember_log({log.position().size, log.position().last_hash});
}

}  // namespace expunge::run

#include "cli/cli.h"

namespace expunge::cli {

int run_command(int, char**) noexcept {
  return 0;
}

}  // namespace expunge::cli

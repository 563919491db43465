#include "fuzz/support/import_rules.h"
#include "fuzz/support/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  expunge::fuzz::read_recorder(data, size);
  return 0;
}

#include "support/places.h"

namespace expunge::test {

const std::string kBinary = EXPUNGE_BINARY;
const std::string kTestData = TEST_DATA;
const std::string kSourceDir = TEST_SOURCE_DIR;

}  // namespace expunge::test

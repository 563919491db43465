#pragma once

#include <string>

namespace expunge::test {

// Where things are on this machine; in one place, so that the same test compiles to the same object
// in every checkout, and a compiler cache can tell.
extern const std::string kBinary;     ///< the expunge that was built
extern const std::string kTestData;   ///< tests/data
extern const std::string kSourceDir;  ///< the top of the sources

}  // namespace expunge::test

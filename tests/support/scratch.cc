#include "support/scratch.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace expunge::test {

Scratch::Scratch() : Scratch(std::filesystem::temp_directory_path()) {}

Scratch::Scratch(const std::filesystem::path& in) {
  std::string name = (in / "expunge test XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void spill(const std::filesystem::path& path, const std::string& data) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << data;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace expunge::test

#include "support/xfs_orphans.h"

#include <regex>
#include <set>
#include <sstream>

namespace expunge::test {

bool is_about_orphans_attributes(const std::string& printed) {
  static const std::regex kOrphan(R"(agi unlinked bucket .*\(inode=([0-9]+)\))");
  static const std::regex kInode("inode[ =]([0-9]+)");
  // The blocks themselves are named by their place alone.
  static const std::regex kBlock("xfs_attr3_leaf|xfs_da3_node|would clear attr fork");
  static const std::regex kComplaint(
      "bad |wrong|would |error|mismatch|corrupt|problem|disconnected");
  static const std::regex kCourse("Repair may fail if|moving disconnected inodes");
  std::set<std::string> orphans;
  for (std::sregex_iterator at(printed.begin(), printed.end(), kOrphan), end; at != end; ++at) {
    orphans.insert((*at)[1]);
  }
  bool about_attributes = false;
  std::istringstream lines(printed);
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (!std::regex_search(line, kComplaint) || std::regex_search(line, kCourse)) continue;
    if (std::regex_search(line, kBlock)) continue;
    if (!std::regex_search(line, found, kInode) || orphans.count(found[1]) == 0) return false;
    about_attributes = about_attributes || line.find("attribute") != std::string::npos;
  }
  return about_attributes;
}

}  // namespace expunge::test

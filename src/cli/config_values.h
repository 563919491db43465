#pragma once

#include <boost/program_options/variables_map.hpp>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys.h"
#include "cli/config_lines.h"

namespace expunge::cli {

/// The values of a configuration file: read one after another, each refused with file, key and
/// remedy when it is wrong.
class ConfigValues {
 public:
  /// Throws Failure(usage) for what is no INI, and for an unknown key.
  [[nodiscard]] static ConfigValues read(base::Sys& sys, const std::string& path);

  /// Throws Failure(usage): `FILE: line N: KEY: ALLOWED`, without a line where none gives it.
  [[noreturn]] void refuse(const std::string& key, const std::string& allowed) const;
  /// The same of the line that gives the key this value, of a key that may stand more than once.
  [[noreturn]] void refuse(const std::string& key, const std::string& value,
                           const std::string& what) const;
  /// The same, with the value in quotes before what is allowed.
  [[noreturn]] void refuse_value(const std::string& key, const std::string& value,
                                 const std::string& allowed) const;

  /// Refuses when it is missing.
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const;
  /// Of a key that may stand more than once; empty when it never does.
  [[nodiscard]] std::vector<std::string> list(const std::string& key) const;
  /// Refuses a path that is relative or has a NUL byte.
  [[nodiscard]] std::string absolute_path(const std::string& key) const;
  [[nodiscard]] std::string absolute_path_or_none(const std::string& key) const;
  /// Which of the words it is, the first when it is missing; refuses any other.
  [[nodiscard]] std::size_t choice(const std::string& key,
                                   std::initializer_list<std::string_view> words) const;
  /// Refuses a time that is not from 1s to 1h.
  [[nodiscard]] std::chrono::seconds limit(const std::string& key,
                                           const std::string& otherwise) const;

 private:
  ConfigValues(std::string path, ConfigLines lines, boost::program_options::variables_map values);

  std::string path_;
  ConfigLines lines_;
  boost::program_options::variables_map values_;
};

}  // namespace expunge::cli

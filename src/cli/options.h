#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace expunge::cli {

/// The options and arguments of one command, parsed by Boost.Program_options.
class Options {
 public:
  /// `usage` is the synopsis without `expunge`; `text` says what the command does.
  Options(std::string usage, std::string text);

  Options& flag(const char* name, const char* help);
  Options& value(const char* name, const char* help);
  /// May be given several times, with one value each.
  Options& values(const char* name, const char* help);
  /// May be given several times, and takes every word behind it that is no option.
  Options& words(const char* name, const char* help);
  /// An argument by place, hidden from the list; `count` -1 takes all the rest.
  Options& argument(const char* name, int count);

  /// Parses, and takes --config, --quiet and --verbose into `call.global`. False when --help (or
  /// -h) was asked for and printed. Throws Failure(usage) naming the option and the remedy.
  [[nodiscard]] bool parse(Invocation& call);

  [[nodiscard]] bool has(const char* name) const;
  [[nodiscard]] std::string text(const char* name) const;  ///< empty when not given
  [[nodiscard]] std::vector<std::string> list(const char* name) const;
  /// Throws Failure(usage) when it was not given, or is empty.
  [[nodiscard]] std::string required(const char* name) const;
  [[nodiscard]] std::optional<base::CivilDate> date(const char* name) const;
  /// Throws Failure(usage): "`command`: `what`; try expunge `command` --help".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  void print_help() const;
  /// Names the first word that is one argument too many.
  [[noreturn]] void refuse_too_many(const std::vector<std::string>& words,
                                    const boost::program_options::options_description& all,
                                    int style) const;

  std::string usage_, text_, command_;
  boost::program_options::options_description visible_, hidden_;
  boost::program_options::positional_options_description places_;
  std::vector<std::string> arguments_;
  boost::program_options::variables_map values_;
};

}  // namespace expunge::cli

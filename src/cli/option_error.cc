#include "cli/option_error.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>

#include "base/text.h"

namespace expunge::cli {
namespace {

namespace po = boost::program_options;

std::string without_placeholders(std::string text) {
  std::replace(text.begin(), text.end(), '%', '?');
  return text;
}

bool may_hold_one(const std::string& text) {
  return text.find('%') != std::string::npos;
}

}  // namespace

std::string describe(po::error_with_option_name& error) {
  if (const std::string name = error.get_option_name(); may_hold_one(name)) {
    error.set_option_name(without_placeholders(name));
    error.set_original_token(without_placeholders(name));
  }
  if (const auto* const syntax = dynamic_cast<const po::invalid_syntax*>(&error)) {
    if (const std::string found = syntax->tokens(); may_hold_one(found)) {
      error.set_original_token(without_placeholders(found));
      error.set_substitute("invalid_line", without_placeholders(found));
    }
  }
  return base::printable(error.what());
}

}  // namespace expunge::cli

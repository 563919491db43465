#include "cli/options.h"

#include <algorithm>

#include <boost/program_options/parsers.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/dates.h"
#include "cli/option_error.h"

namespace expunge::cli {

namespace po = boost::program_options;
using base::ExitStatus;
using base::Failure;

Options::Options(std::string usage, std::string text)
    : usage_(std::move(usage)), text_(std::move(text)), visible_("Options") {}

Options& Options::flag(const char* name, const char* help) {
  visible_.add_options()(name, help);
  return *this;
}

Options& Options::value(const char* name, const char* help) {
  visible_.add_options()(name, po::value<std::string>()->value_name("VALUE"), help);
  return *this;
}

Options& Options::values(const char* name, const char* help) {
  visible_.add_options()(
      name, po::value<std::vector<std::string>>()->composing()->value_name("VALUE"), help);
  return *this;
}

Options& Options::words(const char* name, const char* help) {
  visible_.add_options()(
      name, po::value<std::vector<std::string>>()->multitoken()->composing()->value_name("VALUE…"),
      help);
  return *this;
}

Options& Options::argument(const char* name, int count) {
  arguments_.emplace_back(name);
  hidden_.add_options()(name, po::value<std::vector<std::string>>());
  places_.add(name, count);
  return *this;
}

bool Options::parse(Invocation& call) {
  command_ = call.command;
  visible_.add_options()(
      "config", po::value<std::string>()->value_name("FILE"),
      "the configuration (else $EXPUNGE_CONFIG, else /etc/expunge/expunge.conf)")(
      "quiet", "print only what needs a person")(
      "verbose", "say which files are used, what a run was kept from and what residue was erased")(
      "help", "print this");
  hidden_.add_options()(",h", "");  // by itself, so that each line of the list begins with --
  po::options_description all;
  all.add(visible_).add(hidden_);
  // Abbreviated options would change their meaning as options are added.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    po::store(
        po::command_line_parser(call.words).options(all).positional(places_).style(style).run(),
        values_);
  } catch (const po::too_many_positional_options_error&) {
    refuse_too_many(call.words, all, style);
  } catch (po::error_with_option_name& error) {
    refuse(describe(error));
  } catch (const po::error& error) {
    refuse(base::printable(error.what()));
  }
  if (has("help") || has("-h")) {
    print_help();
    return false;
  }
  if (has("config")) call.global.config = text("config");
  call.global.quiet = call.global.quiet || has("quiet");
  call.global.verbose = call.global.verbose || has("verbose");
  return true;
}

void Options::refuse_too_many(const std::vector<std::string>& words,
                              const po::options_description& all, int style) const {
  const unsigned most = places_.max_total_count();
  const auto parsed = po::command_line_parser(words).options(all).style(style).run();
  unsigned count = 0;
  const auto extra = std::find_if(parsed.options.begin(), parsed.options.end(), [&](auto& each) {
    return each.position_key != -1 && ++count > most;
  });
  const std::string found =
      extra == parsed.options.end() ? "one" : "'" + base::printable(extra->value.front()) + "'";
  if (most == 0) refuse("it takes no argument: " + found);
  std::string name = arguments_.front();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  const bool has_options = std::any_of(words.begin(), words.end(),
                                       [](const auto& each) { return each.starts_with("--"); });
  refuse("it takes one " + name + ": " + found + " is one too many" +
         (has_options ? "; a text of several words stands in quotes" : ""));
}

void Options::print_help() const {
  std::cout << "Usage: expunge " << usage_ << "\n\n" << text_ << "\n\n" << visible_;
}

bool Options::has(const char* name) const {
  return values_.count(name) != 0;
}

std::string Options::text(const char* name) const {
  if (!has(name)) return "";
  const auto& value = values_[name].value();
  if (const auto* many = boost::any_cast<std::vector<std::string>>(&value)) return many->front();
  return boost::any_cast<std::string>(value);
}

std::vector<std::string> Options::list(const char* name) const {
  return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::string Options::required(const char* name) const {
  std::string value = text(name);
  if (value.empty()) {
    const bool by_place = std::find(arguments_.begin(), arguments_.end(), name) != arguments_.end();
    refuse((by_place ? "" : "--") + std::string(name) + " is missing");
  }
  return value;
}

std::optional<base::CivilDate> Options::date(const char* name) const {
  if (!has(name)) return std::nullopt;
  const auto date = base::parse_date(text(name));
  if (!date) {
    refuse("--" + std::string(name) + " " + date_fault(text(name)));
  }
  return date;
}

void Options::refuse(const std::string& what) const {
  throw Failure(ExitStatus::usage,
                command_ + ": " + what + "; try expunge " + command_ + " --help");
}

}  // namespace expunge::cli

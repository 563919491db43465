#include "cli/cli.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>

#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal_out.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"init", "make a configuration, an index, a key and a log", init_command},
      {"import", "put recordings into the index", import_command},
      {"plan", "the dry run: what is due, held, kept, or needs attention, and why", plan_command},
      {"approve", "an officer's yes to one plan, by its digest", approve_command},
      {"run", "the nightly job: destroy what is due, and log it", run_command},
      {"destroy", "destroy recordings ahead of the schedule, by order", destroy_command},
      {"hold", "place, release, list or show an order to keep", hold_command},
      {"acknowledge", "leave known attention aside until a day", acknowledge_command},
      {"correct", "put a recording's department or date right", correct_command},
      {"explain", "one recording: rule, dates, holds, verdict, log entries", explain_command},
      {"log", "verify, show, prove and certify the destruction log", log_command},
      {"key", "rotate or show the keys that sign the log", key_command},
      {"check", "what is wrong here that would stop a run, or make it claim less", check_command},
      {"status", "whether the nightly run still does its work; for a timer of its own",
       status_command},
  };
  return kCommands;
}

base::Time system_time() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void print_top_help() {
  std::cout << "Usage: expunge COMMAND [OPTION…]\n\n"
               "Destroys call recordings when their retention period ends, and proves it.\n\n"
               "Commands\n";
  for (const Command& command : commands()) {
    std::cout << "  " << command.name << std::string(13 - command.name.size(), ' ')
              << command.summary << "\n";
  }
  std::cout
      << "\nexpunge help COMMAND says more (or COMMAND --help, or -h); so does expunge(1).\n\n"
         "Global options, before or after the command\n"
         "  --config FILE  the configuration (else $EXPUNGE_CONFIG, else\n"
         "                 /etc/expunge/expunge.conf)\n"
         "  --quiet        print only what needs a person\n"
         "  --verbose      say which files are used, what a run was kept from, and\n"
         "                 what residue was erased\n"
         "  --version      print the version\n\n"
         "Exit status\n"
         "  0  done\n"
         "  1  done, but something needs a person\n"
         "  2  usage or configuration; nothing was touched\n"
         "  3  a brake is on; nothing was destroyed\n"
         "  4  the log does not verify; nothing was destroyed\n"
         "  5  another run holds the lock\n";
}

bool asks_for_help(const std::string& word) {
  return word == "--help" || word == "-h" || word == "help";
}

/// `help COMMAND…` as `COMMAND… --help`.
std::vector<std::string> help_of(std::vector<std::string> words) {
  words.erase(words.begin());
  if (words.empty() || !asks_for_help(words.back())) words.emplace_back("--help");
  return words;
}

/// Takes the global options in front of the command's name.
ExitStatus call_command(std::vector<std::string> words) {
  Invocation call;
  call.clock = system_time;
  std::size_t at = 0;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    const std::string& word = words[at];
    if (word == "--help" || word == "-h") {
      print_top_help();
      return ExitStatus::done;
    }
    if (word == "--version") {
      std::cout << "expunge " EXPUNGE_VERSION "\n";
      return ExitStatus::done;
    }
    if (word == "--quiet") {
      call.global.quiet = true;
    } else if (word == "--verbose") {
      call.global.verbose = true;
    } else if (word == "--config" && at + 1 < words.size()) {
      call.global.config = words[++at];
    } else if (word.starts_with("--config=")) {
      call.global.config = word.substr(std::string_view("--config=").size());
    } else {
      throw Failure(ExitStatus::usage,
                    "unknown option '" + base::printable(word) + "'; try expunge --help");
    }
  }
  if (at == words.size()) {
    throw Failure(ExitStatus::usage, "a command is missing; try expunge --help");
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
  if (words.front() == "help") {
    words = help_of(std::move(words));
    if (words.size() == 1) {
      print_top_help();
      return ExitStatus::done;
    }
  }
  call.words = std::move(words);
  return dispatch(commands(), std::move(call));
}

}  // namespace

ExitStatus dispatch(const std::vector<Command>& commands, Invocation call) {
  const std::string prefix = call.command.empty() ? "" : call.command + " ";
  const bool asks_help = !call.words.empty() && asks_for_help(call.words[0]);
  if (asks_help && call.words.size() > 1 && call.words[0] == "help") {
    call.words = help_of(std::move(call.words));
    return dispatch(commands, std::move(call));
  }
  if (call.words.empty() || asks_help) {
    std::string list;
    for (const Command& each : commands) {
      list += "  expunge " + prefix + std::string(each.name) + "\n      " +
              std::string(each.summary) + "\n";
    }
    if (asks_help) {
      std::cout << "Usage:\n" << list << "\nEach takes --help.\n";
      return ExitStatus::done;
    }
    throw Failure(ExitStatus::usage,
                  prefix + "needs a word behind it; try expunge " + prefix + "--help");
  }
  for (const Command& each : commands) {
    if (call.words[0] != each.name) continue;
    call.command = prefix + call.words[0];
    call.words.erase(call.words.begin());
    return each.call(std::move(call));
  }
  throw Failure(ExitStatus::usage, "there is no command '" + prefix +
                                       base::printable(call.words[0]) + "'; try expunge " + prefix +
                                       "--help");
}

int main_program(int argc, char** argv) noexcept {
  ExitStatus status = ExitStatus::done;
  std::optional<TerminalOut> terminal;
  try {
    // What is for others to read, as the log is, is given its mode when it is made.
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);  // a closed pager is an error of the write, not a death
    std::ios::sync_with_stdio(false);
    direct_messages(MessagesTo::automatic);  // until a configuration says otherwise
    if (::isatty(STDOUT_FILENO) == 1) terminal.emplace(std::cout);
    status = call_command(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const Failure& failure) {
    message(failure.what(), Level::error);
    status = failure.status();
  } catch (const std::exception& error) {
    message(std::string("internal error: ") + error.what(), Level::error);
    status = ExitStatus::needs_person;
  }
  std::cout.flush();
  if (!std::cout && status == ExitStatus::done) {
    message("standard output could not be written", Level::error);
    status = ExitStatus::needs_person;
  }
  return static_cast<int>(status);
}

}  // namespace expunge::cli

#include "support/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "support/places.h"
#include "support/scratch.h"

namespace expunge::test {
namespace {

[[noreturn]] void become(const std::vector<std::string>& words, const Scratch& files, uid_t uid) {
  const int in = ::open((files / "in").c_str(), O_RDONLY);
  const int out = ::open((files / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  const int err = ::open((files / "err").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  if (uid != 0 && (::setgid(uid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string slurp_if_there(const std::string& path) {
  return std::filesystem::exists(path) ? slurp(path) : "";
}

Ended wait_for(pid_t pid, const Scratch& files) {
  int status = 0;
  rusage used{};
  if (::wait4(pid, &status, 0, &used) != pid) throw std::runtime_error("wait");
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          slurp_if_there(files / "out"), slurp_if_there(files / "err"), used.ru_maxrss};
}

}  // namespace

Ended run_program(const std::vector<std::string>& words, const std::string& input, uid_t uid) {
  const Scratch files;
  spill(files / "in", input);
  const pid_t pid = ::fork();
  if (pid == 0) become(words, files, uid);
  if (pid < 0) throw std::runtime_error("fork");
  return wait_for(pid, files);
}

Ended expunge(std::vector<std::string> words, const std::string& input, uid_t uid) {
  words.insert(words.begin(), test::kBinary);
  return run_program(words, input, uid);
}

Ended expunge_signalled(int signal, const std::function<void()>& wait,
                        std::vector<std::string> words) {
  words.insert(words.begin(), test::kBinary);
  const Scratch files;
  spill(files / "in", "");
  const pid_t pid = ::fork();
  if (pid == 0) become(words, files, 0);
  if (pid < 0) throw std::runtime_error("fork");
  wait();
  ::kill(pid, signal);
  return wait_for(pid, files);
}

bool has_program(const std::string& name) {
  return run_program({"sh", "-c", "command -v " + name}).status == 0;
}

}  // namespace expunge::test

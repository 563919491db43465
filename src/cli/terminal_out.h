#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace expunge::cli {

/// While it lives, what is written to `out` passes through base::one_line(), line by line: for a
/// terminal, which obeys what it is shown. Not for a file or a pipe, which must get CSV cells and
/// lines of the log as they are.
class TerminalOut : private std::streambuf {
 public:
  explicit TerminalOut(std::ostream& out);
  TerminalOut(const TerminalOut&) = delete;
  TerminalOut& operator=(const TerminalOut&) = delete;
  ~TerminalOut() override;

 private:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override;

  /// Hands on the first `bytes` of what waits. False when that failed.
  [[nodiscard]] bool hand_on(std::size_t bytes);

  std::ostream& out_;
  std::streambuf* below_;
  std::string waiting_;  ///< a line without its end
};

}  // namespace expunge::cli

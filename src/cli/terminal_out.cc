#include "cli/terminal_out.h"

#include "base/text.h"

namespace expunge::cli {

TerminalOut::TerminalOut(std::ostream& out) : out_(out), below_(out.rdbuf(this)) {}

TerminalOut::~TerminalOut() {
  TerminalOut::sync();
  out_.rdbuf(below_);  // it also clears the stream's state
}

bool TerminalOut::hand_on(std::size_t bytes) {
  std::string safe;
  std::string_view rest = std::string_view(waiting_).substr(0, bytes);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    // The end of a line of CSV; a terminal needs no more than the LF.
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    safe += base::one_line(line);
    if (end == std::string_view::npos) break;
    safe += '\n';
    rest.remove_prefix(end + 1);
  }
  waiting_.erase(0, bytes);
  const auto count = static_cast<std::streamsize>(safe.size());
  return below_->sputn(safe.data(), count) == count;
}

std::streamsize TerminalOut::xsputn(const char* bytes, std::streamsize count) {
  waiting_.append(bytes, static_cast<std::size_t>(count));
  const auto end = waiting_.rfind('\n');
  if (end != std::string::npos && !hand_on(end + 1)) return 0;
  return count;
}

TerminalOut::int_type TerminalOut::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char c = traits_type::to_char_type(byte);
  return xsputn(&c, 1) == 1 ? byte : traits_type::eof();
}

int TerminalOut::sync() {
  return hand_on(waiting_.size()) && below_->pubsync() == 0 ? 0 : -1;
}

}  // namespace expunge::cli

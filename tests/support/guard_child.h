#pragma once

#include <functional>
#include <string>

namespace expunge::test {

/// What `body` returns in a child process, which it may confine or spoil otherwise.
[[nodiscard]] std::string in_child(const std::function<std::string()>& body);

}  // namespace expunge::test

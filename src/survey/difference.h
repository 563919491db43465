#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/time.h"

namespace expunge::survey {

/// One way in which the index and the disk differ.
struct Difference {
  enum class Kind {
    no_row,             ///< a file that the index has not
    no_file,            ///< a row whose file is not there
    size,               ///< a file of another size than when it was imported
    content,            ///< a file of another SHA-256 than the index has
    returned,           ///< a file of a recording that was destroyed
    destroyed_content,  ///< a file whose content a `destroy` entry of the log names
    same_content,       ///< two files of one content
    several_names,      ///< a file with hard links: one of its names may be anywhere
    not_regular,        ///< a symbolic link, FIFO, mount, …
    unreadable,         ///< what could not be looked at
  };
  static constexpr std::size_t kKinds = 10;

  Kind kind = Kind::no_row;
  std::string path;
  std::string recording{};                       ///< the id of the one it is about; may be empty
  std::optional<std::uint64_t> bytes{};          ///< of the file
  std::optional<std::uint64_t> indexed_bytes{};  ///< as the index has it
  std::optional<base::CivilDate> looks_from{};   ///< how old a file without a row looks
  bool by_name = false;                          ///< the name says so, and not its last change
  std::string detail{};                          ///< further words; may be empty
  std::optional<base::Digest> sha256{};          ///< of destroyed content in a file without a row
};

/// `no-row`, `no-file`, …: stable.
[[nodiscard]] std::string_view code(Difference::Kind kind);

using OnDifference = std::function<void(const Difference&)>;

}  // namespace expunge::survey

#pragma once

#include <cstdint>
#include <string_view>

#include "intake/reader.h"

namespace expunge::fuzz {

/// Reads `input` as an import file, its first byte saying with which options, and asserts what
/// expunge(1) promises of the rows that are taken, and of the messages about those that are not.
void read_import(intake::Format format, const std::uint8_t* data, std::size_t size);

/// Reads `input` as a recorder's export, its first byte saying of which and how, and asserts what
/// expunge-import(5) promises; the rest up to the first NUL is a map of departments, if it is one.
void read_recorder(const std::uint8_t* data, std::size_t size);

}  // namespace expunge::fuzz

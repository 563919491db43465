#pragma once

#include <cstdint>
#include <string_view>

#include "intake/reader.h"

namespace expunge::fuzz {

/// Reads `input` as an import file, its first byte saying with which options, and asserts what
/// expunge(1) promises of the rows that are taken, and of the messages about those that are not.
void read_import(intake::Format format, const std::uint8_t* data, std::size_t size);

}  // namespace expunge::fuzz

#pragma once

#include <random>
#include <string>

namespace expunge::test {

/// A JSON object changed at random in one or two places, at any depth: members moved, doubled,
/// dropped, added or renamed, values replaced by others, of their kind and of other kinds, strings
/// and numbers written in other ways, a byte put in. The rest is kept byte for byte; it still
/// begins with `{` and ends with `}`.
[[nodiscard]] std::string changed_json(const std::string& object, std::mt19937_64& random);

/// Bytes flipped, dropped, doubled, moved or put in at random, in one place or a few.
[[nodiscard]] std::string changed_bytes(std::string text, std::mt19937_64& random);

/// From the environment variable EXPUNGE_SEED, else a new one; printed.
[[nodiscard]] std::mt19937_64 seeded_random();

}  // namespace expunge::test

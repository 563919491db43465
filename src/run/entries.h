#pragma once

#include "audit/entry.h"
#include "run/batch.h"

namespace expunge::run {

/// Of a recording that was overwritten in part before: gives its files the sizes and fingerprints
/// that the entry about that has, and notes whether this run wrote it. A fingerprint that none has
/// is left out; a size is then the one found.
void recall_originals(const Tools& tools, Item& item);

/// A `destroy`, or, when a file of it was not overwritten, a `remove`.
[[nodiscard]] audit::Draft destroyed_entry(const Tools& tools, const Item& item);
[[nodiscard]] audit::Draft failed_entry(const Tools& tools, const Item& item, shred::Reason reason);
/// `overwritten` and `kept` in bytes, over all files; what is gone is in neither, and is named.
[[nodiscard]] audit::Draft partial_entry(const Tools& tools, const Item& item,
                                         std::uint64_t overwritten_bytes, std::uint64_t kept_bytes);

/// Whether department and dates are known, or an order makes up for them; else neither of these can
/// be written.
[[nodiscard]] bool can_be_described(const Item& item);

/// A refusal in words for the terminal, with its detail.
[[nodiscard]] std::string refusal_text(const shred::Refusal& refusal);

}  // namespace expunge::run

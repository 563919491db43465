#pragma once

#include <variant>
#include <vector>

#include "run/batch.h"

namespace expunge::run {

/// Opens the very files that an interrupted run began on, by its journal rows. Another file under
/// the name of one makes the item refused as `replaced`; one that is not there is `gone` where it
/// was only to be unlinked. One that was to be overwritten and is not there makes it refused as
/// `missing` where another is gone or none is left; else the item lacks it.
[[nodiscard]] Item reopen_all(const Tools& tools, archive::Recording recording,
                              const std::vector<const archive::JournalFile*>& rows);

/// How far that run came with the files of a recording that it overwrites.
[[nodiscard]] std::variant<shred::Survey, shred::Refusal> survey(const Tools& tools, Item& item,
                                                                 const shred::StreamKey& key);

/// Nothing is unlinked before all that is overwritten is noise. Where that is not so, somebody else
/// took away what is gone: it is `missing`, and no act of a run.
void judge_gone(const Tools& tools, Item& item, const shred::StreamKey& key);

/// Whether all of it is noise or gone, so that only its entry is still to be written: whoever wants
/// it kept by now comes too late.
[[nodiscard]] bool is_nothing_left(const Item& item);

}  // namespace expunge::run

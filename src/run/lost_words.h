#pragma once

#include "run/tools.h"

namespace expunge::run {

/// What people decided about recordings that are still there, which the log has, since a run last
/// compared the two, and an index put back from a backup has not. An order to destroy that was
/// withdrawn is so in the index. An order that stands, and what was put right, contradict the index
/// from then on, and the run tells of each: the recording is kept until a person repeats it, or
/// says that the index is right. Whose call it is stands in no entry: with `any_lost`, which is
/// that the index has lost some, every such one is taken for lost. Returns whether anything was
/// changed that a plan counts.
[[nodiscard]] bool settle_lost_words(Tools& tools, archive::Index::Writing& writing, bool any_lost);

}  // namespace expunge::run

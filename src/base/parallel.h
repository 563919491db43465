#pragma once

#include <cstddef>
#include <functional>

namespace expunge::base {

/// Calls `body(i)` once for every i below `count`, on up to `workers` threads, this one included,
/// and returns when all have returned. The first exception thrown by a body is thrown again here
/// after the others have stopped; indices not yet begun are then left out.
void parallel_for(std::size_t count, unsigned workers,
                  const std::function<void(std::size_t)>& body);

}  // namespace expunge::base

#pragma once

#include "archive/store.h"

namespace expunge::archive {

/// The Store of an Index; free functions of this folder take it as a Store.
struct Index::Connection final : Store {
  using Store::Store;
};

}  // namespace expunge::archive

// What a TagReader reads from, for the layers above.
#pragma once

#include "image/image_state.h"
#include "tag/tag_search.h"

namespace vde {

struct TagReader::State {
  Shown shown;
  std::unique_ptr<TagSearch> search;
};

}  // namespace vde

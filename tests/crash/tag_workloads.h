// Changes to tag indexes: in place and whole rebuilds.
#pragma once

#include "crash/stage.h"

namespace vde::test {

// Inserts and splits, growth that moves the region, removals and merges, one commit each.
void play_tag_changes(Stage& stage);
// An index built at once over an older one, then changed.
void play_tag_bulk(Stage& stage);

}  // namespace vde::test

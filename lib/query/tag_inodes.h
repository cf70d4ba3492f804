// The inodes of the tags in an index that pass a test.
#pragma once

#include "query/inode_sort.h"
#include "query/query_program.h"
#include "tag/tag_search.h"

namespace vde {

// The inodes of the tags that pass `test`, which is about one key, in an index that is sorted. They
// are read from the tree on the way. All arguments must outlive the stream. Its errors are those of
// TagCursor; kDamaged if the tags of the key are not in the order of their inodes; kInterrupted.
[[nodiscard]] InodeStreamPtr run_inodes(TagSearch& index, const TagTest& test,
                                        const Activity& activity);

// Adds the inodes of the tags that pass `test` to `sort`, in any index.
[[nodiscard]] Result<void> add_inodes(TagSearch& index, const TagTest& test,
                                      const Activity& activity, InodeSort& sort);

}  // namespace vde

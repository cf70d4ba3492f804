#include "image/change_state.h"
#include "image/region_words.h"
#include "image/tag_batch.h"
#include "tag/tag_builder.h"

namespace vde {

Result<TagTree*> open_tag_tree(ChangeState& change) {
  if (change.tree) return change.tree.get();
  VDE_TRY_ASSIGN(region, change.transaction->regions().open_region(kTagWords));
  VDE_TRY_ASSIGN(tree, TagTree::open(*change.transaction, change.allocator(),
                                     change.image.tag_nodes, region.slot));
  change.tree = std::move(tree);
  return change.tree.get();
}

namespace {

Result<void> check_not_rebuilt(const ChangeState& change) {
  if (!change.index_rebuilt) return {};
  return fail(ErrorCode::kUsage, "no tags can be changed after an import", "commit it first");
}

template <class Operation>
auto change_tree(ChangeState& change, Operation operation)
    -> decltype(operation(std::declval<TagTree&>())) {
  VDE_TRY(check_not_rebuilt(change));
  return change.stage([&]() -> decltype(operation(std::declval<TagTree&>())) {
    VDE_TRY_ASSIGN(tree, open_tag_tree(change));
    return operation(*tree);
  });
}

}  // namespace

Result<bool> TagEditor::set(const TagEntry& entry) {
  const TagView view{entry.key, entry.value, entry.inode, entry.block};
  VDE_TRY(check_tag_entry(view, change_.image.block_size()));
  return change_tree(change_, [&](TagTree& tree) { return tree.set(view); });
}

Result<bool> TagEditor::remove(std::string_view key, int64_t inode) {
  return change_tree(change_, [&](TagTree& tree) { return tree.remove(key, inode); });
}

Result<uint64_t> TagEditor::remove_all(int64_t inode) {
  return change_tree(change_, [&](TagTree& tree) { return tree.remove_all(inode); });
}

Result<TagImportReport> TagEditor::import(TagBatch& batch, const TagImportOptions& options,
                                          Activity& activity) {
  VDE_TRY(change_.check_open());
  VDE_TRY(check_not_rebuilt(change_));
  VDE_TRY(batch.state_->check_fits(change_.image.block_size()));
  auto done = import_batch(change_, *batch.state_, options, activity);
  if (!done) change_.end();
  return refused(std::move(done));
}

}  // namespace vde

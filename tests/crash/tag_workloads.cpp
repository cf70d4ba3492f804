#include "crash/tag_workloads.h"

#include <fmt/format.h>

#include "tag/tag_rebuild.h"
#include "tag/tag_tree.h"

namespace vde::test {
namespace {

size_t tag_slot_of(Transaction& transaction) {
  size_t slot = 0;
  while (transaction.regions().raw_slots()[slot].type != block_types::kTagIndex) ++slot;
  return slot;
}

void commit_tags(Stage& stage, const std::function<void(TagTree&)>& change) {
  Transaction transaction = stage.begin();
  TagNodes nodes;
  const auto tree =
      must(TagTree::open(transaction, stage.volume().allocator(), nodes, tag_slot_of(transaction)));
  change(*tree);
  must(tree->flush());
  stage.commit(transaction);
}

// `count` tags of a quarter of a block each.
void add_tags(Stage& stage, int first, int count) {
  const std::string value(std::min<size_t>(stage.block_size() / 5, kMaxTagValue), 'v');
  commit_tags(stage, [&](TagTree& tree) {
    for (int i = first; i < first + count; ++i)
      must(tree.set({fmt::format("key{:03}", i * 37 % 101), value, i % 5, i}));
  });
}

void remove_tags(Stage& stage, int first, int count) {
  commit_tags(stage, [&](TagTree& tree) {
    for (int i = first; i < first + count; ++i)
      must(tree.remove(fmt::format("key{:03}", i * 37 % 101), i % 5));
  });
}

}  // namespace

void play_tag_changes(Stage& stage) {
  stage.open();
  for (int i = 0; i < 5; ++i) add_tags(stage, i, 1);
  add_tags(stage, 5, 20);
  // The blocks after the region are in use, so that the next growth moves it.
  Transaction data = stage.begin();
  stage.add_direct(data, 2);
  stage.commit(data);
  add_tags(stage, 25, 30);
  stage.crash();
  stage.open();
  remove_tags(stage, 10, 25);
  for (int i = 0; i < 4; ++i) remove_tags(stage, i, 1);
  stage.checkpoint();
  add_tags(stage, 60, 6);
  remove_tags(stage, 35, 31);
  stage.close();
}

void play_tag_bulk(Stage& stage) {
  stage.open();
  add_tags(stage, 0, 4);
  for (const int count : {30, 10}) {
    Transaction transaction = stage.begin();
    const auto bulk =
        must(TagRebuild::begin(transaction, stage.volume().allocator(),
                               {static_cast<uint64_t>(count), 3000, static_cast<uint64_t>(count)}));
    for (int i = 0; i < count; ++i) must(bulk->add({fmt::format("bulk{:03}", i), "value", i, i}));
    must(bulk->finish(tag_slot_of(transaction), 1));
    stage.commit(transaction);
    add_tags(stage, count, 2);
  }
  stage.close();
}

}  // namespace vde::test

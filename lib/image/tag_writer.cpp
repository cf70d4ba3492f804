#include "image/tag_region.h"
#include "image/volume.h"
#include "region/tag_tree.h"
#include "vde/tags.h"

namespace vde {
namespace {

class TreeWriter : public TagWriter {
 public:
  TreeWriter(std::unique_ptr<Volume> volume, size_t slot)
      : volume_(std::move(volume)), slot_(slot) {}

  [[nodiscard]] Result<bool> set(const TagEntry& entry) override {
    return change([&](TagTree& tree) {
      return tree.set({entry.key, entry.value, entry.inode, entry.block});
    });
  }
  [[nodiscard]] Result<bool> remove(std::string_view key, int64_t inode) override {
    return change([&](TagTree& tree) { return tree.remove(key, inode); });
  }
  [[nodiscard]] Result<uint64_t> remove_all(int64_t inode) override {
    return change([&](TagTree& tree) { return tree.remove_all(inode); });
  }

  [[nodiscard]] Result<void> commit() override {
    if (tree_ == nullptr) return {};
    Result<void> done = tree_->flush();
    if (done) done = volume_->commit(*transaction_);
    done ? end() : give_up();
    return refused(std::move(done));
  }

  [[nodiscard]] Result<void> close() override {
    give_up();
    return volume_->close();
  }

 private:
  // A transaction in which something failed is of no use any more.
  template <class Operation>
  auto change(Operation operation) -> decltype(operation(std::declval<TagTree&>())) {
    VDE_TRY(begin());
    auto result = operation(*tree_);
    if (!result && result.error().code != ErrorCode::kUsage) give_up();
    return refused(std::move(result));
  }

  Result<void> begin() {
    if (tree_ != nullptr) return {};
    VDE_TRY_ASSIGN(transaction, volume_->begin());
    transaction_ = std::make_unique<Transaction>(std::move(transaction));
    Result<std::unique_ptr<TagTree>> tree =
        TagTree::open(*transaction_, volume_->allocator(), nodes_, slot_);
    if (!tree) {
      give_up();
      return refused<void>(propagate(tree));
    }
    tree_ = std::move(*tree);
    return {};
  }

  void give_up() {
    nodes_.clear();
    end();
  }
  void end() {
    tree_.reset();
    transaction_.reset();
  }

  std::unique_ptr<Volume> volume_;
  size_t slot_;
  TagNodes nodes_;
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<TagTree> tree_;
};

}  // namespace

Result<std::unique_ptr<TagWriter>> TagWriter::open(BlockFile& file, const EditOptions& options) {
  VDE_TRY_ASSIGN(volume, Volume::open(file, options));
  VDE_TRY_ASSIGN(slot, find_tag_slot(volume->journal().slots()));
  return std::unique_ptr<TagWriter>(std::make_unique<TreeWriter>(std::move(volume), slot));
}

}  // namespace vde

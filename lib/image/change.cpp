#include <algorithm>

#include "image/change_state.h"
#include "vde/text.h"

namespace vde {

ChangeState::ChangeState(ImageState& changed)
    : image(changed), tags(*this), snapshots(*this), modules(*this) {
  image.change_open = true;
}

ChangeState::~ChangeState() {
  if (!ended) end();
}

Result<void> ChangeState::check_open() const {
  if (!ended) return {};
  return fail(ErrorCode::kUsage, "the change has ended", "begin a new one");
}

Result<void> ChangeState::start() {
  if (transaction) return {};
  VDE_TRY(image.open_volume());
  VDE_TRY_ASSIGN(begun, image.volume->begin());
  transaction = std::make_unique<Transaction>(std::move(begun));
  return {};
}

void ChangeState::drop() {
  // Decoded nodes may contain staged changes.
  if (tree) image.tag_nodes.clear();
  tree.reset();
  snapshot_entries.editor.reset();
  module_entries.editor.reset();
  index_rebuilt = false;
  snapshots_made = 0;
  if (transaction) transaction->give_back_direct();
  transaction.reset();
}

Result<void> ChangeState::restart() {
  drop();
  return start();
}

void ChangeState::end() {
  drop();
  ended = true;
  image.change_open = false;
}

Result<PackedEditor*> ChangeState::open(StagedTable& staged) {
  if (staged.editor) return &*staged.editor;
  VDE_TRY_ASSIGN(region, transaction->regions().open_region(staged.words));
  VDE_TRY_ASSIGN(opened, PackedEditor::open(*transaction, allocator(), region.slot, staged.table));
  staged.editor.emplace(opened);
  return &*staged.editor;
}

PackedWalk ChangeState::walk_of(StagedTable& staged) {
  return [this, &staged](const PackedVisitor& visit) -> Result<void> {
    if (staged.editor) return staged.editor->walk(visit);
    VDE_TRY_ASSIGN(region, image.committed->regions.open_region(staged.words));
    FileSource source(image.committed->io, region.blocks, staged.words.type);
    return walk_packed(source, staged.table, visit);
  };
}

Result<void> ChangeState::commit(const CommitOptions& options) {
  VDE_TRY(check_open());
  if (transaction) {
    Result<void> done = tree ? tree->flush() : Result<void>{};
    if (done) done = image.volume->commit(*transaction);
    ++image.version;
    if (!done) {
      end();
      // The failed commit may have checkpointed the journal to make room.
      image.refresh();
      return refused(std::move(done));
    }
    transaction.reset();
    // The decoded nodes now match the committed index.
    tree.reset();
  }
  end();
  if (options.checkpoint) return image.checkpoint();
  if (image.volume) image.refresh();
  return {};
}

Change::Change(std::unique_ptr<ChangeState> state) : state_(std::move(state)) {}
Change::Change(Change&&) noexcept = default;
Change& Change::operator=(Change&&) noexcept = default;
Change::~Change() = default;

TagEditor& Change::tags() {
  return state_->tags;
}
SnapshotEditor& Change::snapshots() {
  return state_->snapshots;
}
ModuleEditor& Change::modules() {
  return state_->modules;
}

Result<void> Change::set_label(std::string_view label) {
  VDE_TRY(check_label(label));
  return state_->stage([&]() -> Result<void> {
    Text<64> text;
    std::copy(label.begin(), label.end(), text.bytes.begin());
    state_->transaction->superblock().label = text;
    return {};
  });
}

Result<void> Change::commit(const CommitOptions& options) {
  return state_->commit(options);
}

}  // namespace vde

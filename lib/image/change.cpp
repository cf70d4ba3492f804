#include <algorithm>

#include "image/change_state.h"
#include "region/placement.h"
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
    VDE_TRY_ASSIGN(region, image.committed()->regions.open_region(staged.words));
    FileSource source(image.committed()->io, region.blocks, staged.words.type);
    return walk_packed(source, staged.table, visit);
  };
}

namespace {

// Unused blocks of a table, which another program left unwritten.
struct UnusedBlocks {
  size_t slot = 0;
  BlockRange blocks;  // counted from the region's first one
};

// As the transaction of `change` sees them; that must not be committed yet.
std::vector<UnusedBlocks> unused_blocks(const ChangeState& change) {
  std::vector<UnusedBlocks> unused;
  for (const StagedTable* table : {&change.snapshot_entries, &change.module_entries})
    if (table->editor) unused.push_back({table->editor->slot(), table->editor->lacking_trailers()});
  return unused;
}

// Gives them trailers, in commits that fit into the journal.
Result<void> add_trailers(Volume& volume, const std::vector<UnusedBlocks>& unused) {
  for (auto [slot, blocks] : unused) {
    while (!blocks.empty()) {
      VDE_TRY_ASSIGN(step, volume.begin());
      VDE_TRY_ASSIGN(next, add_trailers(step, slot, blocks, step.journal().half()));
      if (step.staged_blocks() > 0) VDE_TRY(volume.commit(step));
      blocks.begin = next;
    }
  }
  return {};
}

Result<void> only_committed(Result<void> result) {
  if (result) return result;
  result.error().code = ErrorCode::kIo;
  result.error().message =
      "the change is committed, but unused blocks of a table could not be written: " +
      result.error().message;
  return result;
}

}  // namespace

Result<void> ChangeState::commit(const CommitOptions& options) {
  VDE_TRY(check_open());
  Result<void> rest;
  if (transaction) {
    const std::vector<UnusedBlocks> unused = unused_blocks(*this);
    Result<void> done = tree ? tree->flush() : Result<void>{};
    if (done) done = image.volume->commit(*transaction);
    // A held volume was not written.
    if (!image.volume->is_held()) ++image.version;
    if (!done) {
      end();
      // The failed commit may have checkpointed the journal to make room.
      image.refresh();
      return refused(std::move(done));
    }
    rest = only_committed(add_trailers(*image.volume, unused));
    transaction.reset();
    // The decoded nodes now match the committed index.
    tree.reset();
  }
  end();
  if (options.checkpoint) {
    Result<void> written = image.checkpoint();
    return rest ? written : rest;
  }
  if (image.volume) image.refresh();
  return rest;
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

// The state of a Change: one transaction, and the tables that it changes.
#pragma once

#include "image/image_state.h"
#include "image/region_words.h"
#include "region/packed_editor.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "tag/tag_tree.h"

namespace vde {

// True for errors of the request, as opposed to problems of the image.
[[nodiscard]] constexpr bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kUsage || code == ErrorCode::kNotFound ||
         code == ErrorCode::kUnchanged || code == ErrorCode::kExists;
}

// A packed table as a change sees it: as committed, until the change opens it.
struct StagedTable {
  const RegionWords& words;
  const PackedTable& table;
  std::optional<PackedEditor> editor = {};
};

struct ChangeState {
  // Marks `image` as having an open change, for the lifetime of this object.
  explicit ChangeState(ImageState& image);
  ChangeState(const ChangeState&) = delete;
  ChangeState& operator=(const ChangeState&) = delete;
  ~ChangeState();

  ImageState& image;
  std::unique_ptr<Transaction> transaction;  // null before the first staging call
  std::unique_ptr<TagTree> tree;
  bool index_rebuilt = false;  // the tag index was rebuilt; no tree may change it in this change
  StagedTable snapshot_entries{kSnapshotWords, snapshot_table()};
  uint32_t snapshots_made = 0;  // number created in this transaction
  StagedTable module_entries{kCodeWords, kModuleTable};
  bool ended = false;
  TagEditor tags;
  SnapshotEditor snapshots;
  ModuleEditor modules;

  [[nodiscard]] Allocator& allocator() { return image.volume->allocator(); }
  [[nodiscard]] Result<Ticks> now() const { return image.options.clock(); }

  // kUsage if the change has ended.
  [[nodiscard]] Result<void> check_open() const;
  // Begins the transaction if there is none yet.
  [[nodiscard]] Result<void> start();
  // Discards what is staged, as if the change had just begun.
  void drop();
  // drop() followed by start().
  [[nodiscard]] Result<void> restart();
  // drop(); the change accepts nothing more.
  void end();

  // Runs `operation`, which stages something. The change ends if it fails.
  template <class Operation>
  auto stage(Operation operation) -> decltype(operation()) {
    VDE_TRY(check_open());
    VDE_TRY(checked(start()));
    auto result = operation();
    if (!result) end();
    return refused(std::move(result));
  }

  // Handles a result of checks before anything is staged. An error of the request leaves the change
  // as it is; an error that shows that the image cannot be read ends it.
  template <class T>
  [[nodiscard]] Result<T> checked(Result<T> result) {
    if (!result && !is_refusal(result.error().code)) end();
    return refused(std::move(result));
  }

  // A table of this change; opens it if needed.
  [[nodiscard]] Result<PackedEditor*> open(StagedTable& staged);
  // Visits the entries of one of its tables, without staging anything. This object must outlive the
  // result.
  [[nodiscard]] PackedWalk walk_of(StagedTable& staged);

  [[nodiscard]] Result<void> commit(const CommitOptions& options);
};

}  // namespace vde

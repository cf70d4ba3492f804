// What a Change holds: one transaction, and the tables that it changes.
#pragma once

#include "image/image_state.h"
#include "image/region_words.h"
#include "region/packed_editor.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "tag/tag_tree.h"

namespace vde {

// The caller asked for what cannot be, and nothing is wrong with the image.
[[nodiscard]] constexpr bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kUsage || code == ErrorCode::kNotFound ||
         code == ErrorCode::kUnchanged || code == ErrorCode::kExists;
}

// A packed table as a change has it: as it was committed, until the change opens it.
struct StagedTable {
  const RegionWords& words;
  const PackedTable& table;
  std::optional<PackedEditor> editor = {};
};

struct ChangeState {
  // Marks `image` as having an open change, until this is gone.
  explicit ChangeState(ImageState& image);
  ChangeState(const ChangeState&) = delete;
  ChangeState& operator=(const ChangeState&) = delete;
  ~ChangeState();

  ImageState& image;
  std::unique_ptr<Transaction> transaction;  // from the first staging call on
  std::unique_ptr<TagTree> tree;
  bool index_rebuilt = false;  // the tag index is a new one, which no tree may change here
  StagedTable snapshot_entries{kSnapshotWords, snapshot_table()};
  uint32_t snapshots_made = 0;  // in this transaction
  StagedTable module_entries{kCodeWords, kModuleTable};
  bool ended = false;
  TagEditor tags;
  SnapshotEditor snapshots;
  ModuleEditor modules;

  [[nodiscard]] Allocator& allocator() { return image.volume->allocator(); }
  [[nodiscard]] Result<Ticks> now() const { return image.options.clock(); }

  // kUsage where the change has ended.
  [[nodiscard]] Result<void> check_open() const;
  // Begins the transaction, the first time.
  [[nodiscard]] Result<void> start();
  // Drops what is staged: the change is as it was at first.
  void drop();
  // drop() and start().
  [[nodiscard]] Result<void> restart();
  // drop(), and the change takes nothing more.
  void end();

  // Runs `operation`, which stages something: the change ends where it fails.
  template <class Operation>
  auto stage(Operation operation) -> decltype(operation()) {
    VDE_TRY(check_open());
    VDE_TRY(checked(start()));
    auto result = operation();
    if (!result) end();
    return refused(std::move(result));
  }

  // What was found out before anything is staged. A refusal leaves the change as it is; what says
  // that the image cannot be read ends it.
  template <class T>
  [[nodiscard]] Result<T> checked(Result<T> result) {
    if (!result && !is_refusal(result.error().code)) end();
    return refused(std::move(result));
  }

  // A table of this change, opened the first time.
  [[nodiscard]] Result<PackedEditor*> open(StagedTable& staged);
  // Hands out the entries of one of its tables; stages nothing. This outlives what it returns.
  [[nodiscard]] PackedWalk walk_of(StagedTable& staged);

  [[nodiscard]] Result<void> commit(const CommitOptions& options);
};

}  // namespace vde

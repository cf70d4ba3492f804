// Opens images as programs do, and reads from them.
#pragma once

#include "support/module_session.h"
#include "vde/image.h"

namespace vde::test {

inline Image opened(BlockFile& file) {
  return must(open_to_change(file, kSomeOptions));
}

inline TagEntry tag_of(int64_t inode) {
  return {"key", "value", inode, 0};
}

inline uint64_t tag_count(const Image& image) {
  return must(image.tags()).entry_count();
}

inline uint64_t snapshot_count(const Image& image) {
  SnapshotReader reader = must(image.snapshots());
  uint64_t count = 0;
  must(reader.list([&](const Snapshot&) {
    ++count;
    return true;
  }));
  return count;
}

inline ModuleFile module_of_size(size_t size) {
  return must(ModuleFile::open(std::make_unique<MemoryFile>(wasm_of_size(size, 1)), {}));
}

inline Superblock superblock_of(BlockFile& file) {
  return must(probe_to_judge(file)).superblock;
}

// One of each kind.
inline void stage_all(Change& change) {
  must(change.tags().set(tag_of(1)));
  must(change.snapshots().create({.label = "one"}));
  ModuleFile module = module_of_size(5000);
  Activity activity;
  must(change.modules().add(module, activity));
}

// Leaves a commit in the journal.
inline void leave_open(ImageBuilder& image) {
  const auto volume = open_volume(image.file());
  static_cast<void>(commit_data(*volume, 3, 0x11));
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

}  // namespace vde::test

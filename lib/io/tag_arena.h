// Tag entries in a fixed amount of anonymous memory, sorted there.
#pragma once

#include <span>
#include <vector>

#include "io/tag_record.h"

namespace vde {

class TagArena {
 public:
  // Takes `bytes` of address space; memory is used as entries come.
  explicit TagArena(size_t bytes);
  TagArena(const TagArena&) = delete;
  TagArena& operator=(const TagArena&) = delete;
  ~TagArena();

  // False, and nothing happens, where there is no room for it.
  [[nodiscard]] bool add(const TagView& entry, uint64_t line);
  [[nodiscard]] size_t count() const { return count_; }

  // Sorts by key bytes and inode; equal ones stay in the order in which they came. After it no
  // more entries may be added before clear().
  void sort();

  // Of the entry that is number `at` in sorted order. Valid until clear().
  [[nodiscard]] const uint8_t* record(size_t at) const { return items_[at].record; }
  // Asks for the memory of number `at` ahead of its use; any number.
  void prefetch(size_t at) const {
    if (at < count_) __builtin_prefetch(items_[at].record);
  }

  // Forgets all entries. The memory stays for the next ones.
  void clear();

 private:
  // What is compared first lies beside the pointer, not behind it.
  struct Item {
    uint64_t cache;
    const uint8_t* record;
  };
  struct Work {
    std::span<Item> items;
    size_t depth;
  };

  void make_items();
  static void sort_by_key(std::span<Item> items, size_t depth);
  static void sort_group(std::span<Item> items, size_t depth, std::vector<Work>& work);

  uint8_t* memory_;
  size_t capacity_;
  size_t used_ = 0;
  size_t count_ = 0;
  const uint8_t* last_ = nullptr;
  size_t common_ = kMaxTagKey;  // bytes that all keys begin with
  bool in_order_ = true;
  std::span<Item> items_;  // at the end of the memory
};

}  // namespace vde

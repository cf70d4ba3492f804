// BlockType entries in a fixed amount of anonymous memory, sorted there.
#pragma once

#include <span>
#include <vector>

#include "io/anonymous_memory.h"
#include "tag/tag_record.h"

namespace vde {

class TagArena {
 public:
  // Takes `bytes` of address space; memory is used as entries come.
  explicit TagArena(size_t bytes);
  TagArena(const TagArena&) = delete;
  TagArena& operator=(const TagArena&) = delete;

  // False, and nothing happens, where there is no room for it.
  [[nodiscard]] bool add(const TagView& entry, uint64_t line);
  [[nodiscard]] size_t count() const { return count_; }

  // Sorts by key bytes and inode; equal ones stay in the order in which they came. After it no
  // more entries may be added before clear(); next() gives the first one.
  void sort();

  // The records in sorted order, one by one; null behind the last. They stay valid until clear().
  [[nodiscard]] const uint8_t* next();
  void rewind();

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

  size_t capacity_;
  AnonymousMemory memory_;
  size_t used_ = 0;
  size_t count_ = 0;
  const uint8_t* last_ = nullptr;
  size_t common_ = kMaxTagKey;  // bytes that all keys begin with
  bool in_order_ = true;
  std::span<Item> items_;            // at the end of the memory; none where entries came in order
  size_t at_ = 0;                    // of next(): entries that it gave
  const uint8_t* record_ = nullptr;  // the next one, where they came in order
};

}  // namespace vde

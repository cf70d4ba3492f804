// Tags in a fixed amount of anonymous memory, sorted in place.
#pragma once

#include <span>
#include <vector>

#include "io/anonymous_memory.h"
#include "tag/tag_record.h"

namespace vde {

class TagArena {
 public:
  // Reserves `bytes` of address space; memory is used as tags are added.
  explicit TagArena(size_t bytes);
  TagArena(const TagArena&) = delete;
  TagArena& operator=(const TagArena&) = delete;

  // Returns false, and changes nothing, if there is no room.
  [[nodiscard]] bool add(const TagView& entry, uint64_t line);
  [[nodiscard]] size_t count() const { return count_; }

  // Sorts by key bytes, then inode; the sort is stable. No tags may be added between it and
  // clear(); next() returns the first one.
  void sort();

  // The records in sorted order; null after the last. They stay valid until clear().
  [[nodiscard]] const uint8_t* next();
  void rewind();

  // Removes all tags. The memory is kept.
  void clear();

 private:
  // The bytes to compare first are stored beside the pointer, to save a memory access.
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
  size_t common_ = kMaxTagKey;  // length of the common prefix of all keys
  bool in_order_ = true;
  std::span<Item> items_;  // at the end of the memory; empty if the tags were added in order
  size_t at_ = 0;          // number of tags that next() returned
  const uint8_t* record_ = nullptr;  // the next one, if they were added in order
};

}  // namespace vde

// Tags as the sort keeps them in memory and in scratch files: a header of fixed size, then key and
// value. The encoding is private to the process.
#pragma once

#include <cstring>

#include "vde/bytes.h"
#include "vde/tag_types.h"

namespace vde {

// A tag and its line number in the input; 0 = none.
struct SortedTag {
  TagView entry;
  uint64_t line = 0;
};

inline constexpr size_t kTagRecordHeaderSize = 26;
inline constexpr size_t kMaxTagRecord = kTagRecordHeaderSize + kMaxTagKey + kMaxTagValue;

[[nodiscard]] inline size_t tag_record_size(const TagView& entry) {
  return kTagRecordHeaderSize + entry.key.size() + entry.value.size();
}

// `to` must have room for tag_record_size; key and value have at most 255 bytes.
inline void write_tag_record(uint8_t* to, const TagView& entry, uint64_t line) {
  std::memcpy(to, &entry.inode, 8);
  std::memcpy(to + 8, &entry.block, 8);
  std::memcpy(to + 16, &line, 8);
  to[24] = static_cast<uint8_t>(entry.key.size());
  to[25] = static_cast<uint8_t>(entry.value.size());
  uint8_t* const text = to + kTagRecordHeaderSize;
  if (!entry.key.empty()) std::memcpy(text, entry.key.data(), entry.key.size());
  if (!entry.value.empty())
    std::memcpy(text + entry.key.size(), entry.value.data(), entry.value.size());
}

[[nodiscard]] inline std::string_view tag_record_key(const uint8_t* record) {
  return {reinterpret_cast<const char*>(record + kTagRecordHeaderSize), record[24]};
}

[[nodiscard]] inline int64_t tag_record_inode(const uint8_t* record) {
  int64_t inode = 0;
  std::memcpy(&inode, record, 8);
  return inode;
}

[[nodiscard]] inline size_t tag_record_size(const uint8_t* record) {
  return kTagRecordHeaderSize + record[24] + record[25];
}

// The result points into `record`.
[[nodiscard]] inline SortedTag read_tag_record(const uint8_t* record) {
  SortedTag tag;
  tag.entry.inode = tag_record_inode(record);
  std::memcpy(&tag.entry.block, record + 8, 8);
  std::memcpy(&tag.line, record + 16, 8);
  tag.entry.key = tag_record_key(record);
  tag.entry.value = {tag.entry.key.data() + tag.entry.key.size(), record[25]};
  return tag;
}

// Compares by key bytes, then inode; negative, zero or positive.
[[nodiscard]] inline int compare_tag_records(const uint8_t* a, const uint8_t* b) {
  if (const int keys = tag_record_key(a).compare(tag_record_key(b)); keys != 0) return keys;
  const int64_t left = tag_record_inode(a);
  const int64_t right = tag_record_inode(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace vde

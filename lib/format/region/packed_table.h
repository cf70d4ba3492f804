// The layout common to the snapshot table (SNAP) and the code cache (CODE): a header of 16 bytes in
// block 0, then entries. An entry is a fixed part, whose last field is the length of the text that
// follows, and the text. An entry never crosses a block's payload; the blocks after the first hold
// entries from offset 0.
#pragma once

#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

#include "base/cursor.h"
#include "format/field.h"
#include "vde/error.h"

namespace vde {

struct PackedTableHeader {
  int32_t count = 0;  // entries in the whole table
  Opaque<12> reserved{};

  bool operator==(const PackedTableHeader&) const = default;
};

inline constexpr Layout kPackedTableHeaderLayout("packed table",
                                                 field(0, "count", &PackedTableHeader::count),
                                                 field(4, "reserved",
                                                       &PackedTableHeader::reserved));
static_assert(kPackedTableHeaderLayout.covers(16));

// An entry and its encoded size in bytes.
template <class Entry>
struct Decoded {
  Entry entry;
  size_t consumed = 0;
};

// Bytes of the length of an entry's text, the last ones of its fixed part.
inline constexpr size_t kTextLengthSize = 2;

// The sizes of a table's entries, in bytes.
struct PackedShape {
  std::string_view noun;    // name of an entry in error messages
  uint32_t fixed_size = 0;  // with the text length
  uint32_t key_size = 0;    // id or hash at the start of the fixed part
  uint32_t max_text = 0;
};

// The bytes of the entry at the start of `from`, including its text. kDamaged if it runs past
// `from` or its text is longer than the format allows.
[[nodiscard]] Result<Bytes> packed_record(const PackedShape& shape, Bytes from);

// Iterates over the entries of one payload. Returned bytes point into the payload.
class PackedCursor {
 public:
  // Starts after the header if `first` is set.
  PackedCursor(const PackedShape& shape, Bytes payload, bool first)
      : shape_(shape),
        payload_(payload),
        offset_(first ? std::min<size_t>(kPackedTableHeaderLayout.size(), payload.size()) : 0) {}

  // Offset of the next entry, in bytes.
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t left() const { return payload_.size() - offset_; }
  // True if less than a fixed part is left, or if the next key is all zeros, which is padding.
  [[nodiscard]] bool at_end() const {
    return left() < shape_.fixed_size || all_zero(payload_.subspan(offset_, shape_.key_size));
  }
  // The next entry; at_end() must be false. kDamaged as packed_record().
  [[nodiscard]] Result<Bytes> next() {
    Result<Bytes> record = packed_record(shape_, payload_.subspan(offset_));
    if (record) offset_ += record->size();
    return record;
  }

 private:
  const PackedShape& shape_;
  Bytes payload_;
  size_t offset_;
};

// The entries of one block's payload, `first` for the block with the header. Stops after
// `expected_left` entries (none if it is negative), when less than a fixed part is left, or at an
// all-zero key, which is padding. Returning fewer entries than expected is not an error; the caller
// compares counts.
[[nodiscard]] Result<std::vector<Bytes>> packed_records(const PackedShape& shape, Bytes payload,
                                                        bool first, int64_t expected_left);

// The codec of one table: a shape, the layout of the fixed part and the members of the text.
template <class Entry, class EntryLayout>
struct PackedCodec {
  PackedShape shape;
  const EntryLayout& layout;
  std::string Entry::*text;
  uint16_t Entry::*text_length;

  // `record` must come from packed_record().
  [[nodiscard]] Entry entry_of(Bytes record) const {
    Entry entry = layout.decode(record);
    const Bytes tail = record.subspan(shape.fixed_size);
    (entry.*text).assign(tail.begin(), tail.end());
    return entry;
  }

  [[nodiscard]] Result<Decoded<Entry>> decode(Bytes from) const {
    VDE_TRY_ASSIGN(record, packed_record(shape, from));
    return Decoded<Entry>{entry_of(record), record.size()};
  }

  [[nodiscard]] Result<std::vector<Entry>> decode_block(Bytes payload, bool first,
                                                        int64_t expected_left) const {
    VDE_TRY_ASSIGN(records, packed_records(shape, payload, first, expected_left));
    std::vector<Entry> entries;
    entries.reserve(records.size());
    for (const Bytes record : records) entries.push_back(entry_of(record));
    return entries;
  }

  [[nodiscard]] size_t size(const Entry& entry) const {
    return shape.fixed_size + (entry.*text).size();
  }

  void encode(const Entry& entry, MutableBytes to) const {
    assert((entry.*text).size() <= shape.max_text && size(entry) <= to.size());
    Entry whole = entry;
    whole.*text_length = static_cast<uint16_t>((entry.*text).size());
    Writer writer(to);
    layout.encode(whole, writer.skip(shape.fixed_size));
    writer.copy({reinterpret_cast<const uint8_t*>((entry.*text).data()), (entry.*text).size()});
  }
};

}  // namespace vde

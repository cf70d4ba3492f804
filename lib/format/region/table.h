// Described tables. Most regions have a header in block 0, followed by records that continue in the
// next blocks. They differ only in their fields. Decoding, `dump`, `info` and the checks all use
// the description of these fields (tables.h).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "format/field.h"
#include "vde/error.h"

namespace vde {

// The rule for the value of a field.
enum class Rule : uint8_t {
  kAny,
  kZero,         // reserved bytes
  kAtMost,       // the last value that the format defines is `limit`
  kBits,         // only bits of `limit`
  kNotNegative,  // a signed number
  kScore,        // a real number from 0 to 1
  kWithin,       // a real number from -limit to limit
  kId,           // unique in its list; in a list of places zero means that the place is empty
  kLength,       // the length of the next field in bytes, at most `limit`
  kCount,        // in a header: the count of the next list without one, at most `limit`
};

// The fields of a header or a record follow each other without gaps.
struct TableField {
  std::string_view name;
  FieldKind kind = FieldKind::kUnsigned;
  uint32_t width = 0;  // bytes; 0 = the value of the kLength field before it
  Rule rule = Rule::kAny;
  uint64_t limit = 0;
};

// Records of the same kind.
struct RecordList {
  std::string_view name;  // of one record, in messages and in `dump`
  std::span<const TableField> fields;
  // The number of records: a kCount field of the header, or (if has_count is false) as many as the
  // blocks hold.
  bool has_count = true;
  // If not 0, the list always has room for that many records.
  uint32_t places = 0;
  uint32_t block = 0;  // the first block of the region that may hold a record
};

struct TableDescription {
  std::string_view name;
  BlockType type;
  std::span<const TableField> header;
  std::span<const RecordList> lists;
  // A record may continue in the next payload. Otherwise a record that does not fit starts in the
  // next block.
  bool is_stream = false;
  uint32_t min_payload = 0;  // minimum size of the first payload, in bytes
};

// All records of the list have the same size.
[[nodiscard]] bool has_one_size(const RecordList& list);

// A field and its position in a header or record.
struct PlacedField {
  const TableField* field = nullptr;
  uint32_t offset = 0;
  uint32_t width = 0;
};

// The size in bytes of a header or record whose texts are all empty.
[[nodiscard]] uint32_t fixed_size(std::span<const TableField> fields);
// The size in bytes of the record at the start of `from`. kDamaged if it exceeds `from`, or if a
// length is negative or above its limit.
[[nodiscard]] Result<uint32_t> record_size(std::span<const TableField> fields, Bytes from);
// `bytes` is a complete header or record.
[[nodiscard]] std::vector<PlacedField> place_fields(std::span<const TableField> fields,
                                                    Bytes bytes);

// The number in an integer field of 1 to 8 bytes.
[[nodiscard]] int64_t load_number(const PlacedField& placed, Bytes bytes);
// The number in a real field of 4 or 8 bytes.
[[nodiscard]] double load_real(const PlacedField& placed, Bytes bytes);
// The bytes of the field with that name; empty if there is no such field.
[[nodiscard]] Bytes bytes_of(std::span<const TableField> fields, Bytes bytes,
                             std::string_view name);
// The number in the field with that name; 0 if there is no such field.
[[nodiscard]] int64_t number_of(std::span<const TableField> fields, Bytes bytes,
                                std::string_view name);

struct TableRecord {
  const RecordList* list = nullptr;
  uint64_t index = 0;   // in its list
  uint32_t offset = 0;  // of its first byte, in bytes from the start of the payload
  Bytes bytes;
  std::vector<uint8_t> joined;  // its bytes, if it continues in the next payload

  // In a list of places: the id is zero, or the place is after the last counted record. In a list
  // without a count: all zero.
  bool is_empty = false;

  [[nodiscard]] int64_t number(std::string_view name) const {
    return number_of(list->fields, bytes, name);
  }
};

// The content of one block of a table.
struct TableBlock {
  std::vector<TableRecord> records;  // that begin in this block
  uint32_t end = 0;                  // of the last record, in bytes from the start of the payload
  std::optional<Error> broken;       // why the record at `end` cannot be read
};

// Reads a table block by block, using the counts of the header.
class TableReader {
 public:
  // `head` is the payload of block 0, at least min_payload bytes.
  TableReader(const TableDescription& table, Bytes head);

  // The header's count for list `list`; may be negative.
  [[nodiscard]] int64_t counted(size_t list) const { return counts_[list]; }
  // The maximum number of records that list `list` can have in a region of `blocks` blocks.
  [[nodiscard]] uint64_t room(size_t list, uint64_t blocks) const;

  // Moves to block `index`. Exact if the table has one list of records of fixed size. Otherwise
  // the current list is assumed to fill the block.
  void seek(uint64_t index);
  // The records that begin in the next block, whose payload this is. `next` is the payload of the
  // block after it, if there is one: the last record may continue there.
  [[nodiscard]] TableBlock read(Bytes payload, Bytes next);
  // All records were read.
  [[nodiscard]] bool done() const;

 private:
  [[nodiscard]] uint64_t total(size_t list) const;
  [[nodiscard]] TableBlock read_stream(Bytes payload, Bytes next);
  // False if the block has no more records of the current list.
  [[nodiscard]] bool take_record(Bytes payload, TableBlock& block);
  void skip_finished_lists();

  const TableDescription& table_;
  size_t payload_;  // bytes
  std::vector<int64_t> counts_;
  uint64_t block_ = 0;  // the next one that read() gets
  size_t list_ = 0;
  uint64_t index_ = 0;  // of the next record in its list
  bool guesses_ = false;
};

}  // namespace vde

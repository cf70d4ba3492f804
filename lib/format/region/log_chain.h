// Logs whose entries are chained: each has the next number, and may hold the hash of the entry
// before it. The hashes need no key. `verify` and `log` both check chains with this code.
#pragma once

#include <array>
#include <optional>

#include "format/region/table.h"

namespace vde {

// What is wrong with an entry, compared with those before it.
struct LinkFaults {
  bool sequence = false;  // its number is not the expected one
  bool hash = false;      // it does not hold the hash of the entry before it
  bool time = false;      // it is older than the entry before it; set once per log

  // A time that goes back breaks no chain: clocks do that.
  [[nodiscard]] bool breaks() const { return sequence || hash; }
};

// Compares the entries of one log, which come in their order on disk.
class LogChain {
 public:
  // Whether the entries of this table are chained.
  [[nodiscard]] static bool is_in(const TableDescription& table);

  // The entries of `table` are chained, and `head` is the payload of its first block.
  LogChain(const TableDescription& table, Bytes head);

  [[nodiscard]] LinkFaults next(const TableRecord& record);
  // Entries before the next one could not be read. Their number is unknown if entries have several
  // sizes; then the next entry is accepted with any later number.
  void gap();

  // The number of the next entry.
  [[nodiscard]] uint64_t expected() const { return expected_; }
  // The number that the header has for the next entry to be written, if that is not the number of
  // entries. If it is higher, entries may be missing at the end.
  [[nodiscard]] std::optional<int64_t> wrong_next() const;

 private:
  struct Rule;
  [[nodiscard]] static const Rule* rule_of(const TableDescription& table);

  const Rule& rule_;
  int64_t count_ = 0;
  int64_t next_ = 0;
  uint64_t expected_ = 0;
  bool after_gap_ = false;
  std::optional<std::array<uint8_t, 32>> hash_ = {{}};  // zeros before the first entry
  int64_t ticks_ = INT64_MIN;
  bool went_back_ = false;
};

// The header of a ring of blocks (STRE). Only the header of a ring can be checked, because the
// format does not define where its blocks are.
struct StreamRing {
  int64_t capacity = 0;   // blocks
  int64_t allocated = 0;  // blocks
  int64_t head = 0;       // the number of the next entry
  int64_t tail = 0;       // the number of the oldest entry
  int64_t entries = 0;
  int64_t growth = 0;  // blocks

  // The reader of the SDK rejects other rings.
  [[nodiscard]] bool has_limits() const { return capacity > 0 && growth > 0; }
  // The entries are those from `tail` to `head`, and fit.
  [[nodiscard]] bool is_ordered() const;
};

[[nodiscard]] StreamRing read_ring(Bytes head);

}  // namespace vde

#include "format/region/packed_table.h"

#include <fmt/format.h>

namespace vde {

Result<Bytes> packed_record(const PackedShape& shape, Bytes from) {
  if (from.size() < shape.fixed_size)
    return fail(ErrorCode::kDamaged, fmt::format("a {} entry runs past its block", shape.noun));
  const uint32_t length = load_le<uint16_t>(from, shape.fixed_size - sizeof(uint16_t));
  if (length > shape.max_text)
    return fail(ErrorCode::kDamaged, fmt::format("a {} entry has a text of {} bytes (maximum {})",
                                                 shape.noun, length, shape.max_text));
  if (length > from.size() - shape.fixed_size)
    return fail(ErrorCode::kDamaged,
                fmt::format("the text of a {} entry runs past its block", shape.noun));
  return from.first(shape.fixed_size + length);
}

Result<std::vector<Bytes>> packed_records(const PackedShape& shape, Bytes payload, bool first,
                                          int64_t expected_left) {
  PackedCursor cursor(shape, payload, first);
  std::vector<Bytes> records;
  for (int64_t wanted = expected_left; wanted > 0 && !cursor.at_end(); --wanted) {
    VDE_TRY_ASSIGN(record, cursor.next());
    records.push_back(record);
  }
  return records;
}

}  // namespace vde

#include "format/packed_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {

Result<Bytes> packed_record(const PackedShape& shape, Bytes from) {
  if (from.size() < shape.fixed_size)
    return fail(ErrorCode::kDamaged, fmt::format("a {} entry runs past its block", shape.noun));
  const uint32_t length = load_le<uint16_t>(from, shape.fixed_size - sizeof(uint16_t));
  if (length > shape.max_text)
    return fail(ErrorCode::kDamaged,
                fmt::format("a {} entry has a text of {} bytes, {} are allowed", shape.noun, length,
                            shape.max_text));
  if (length > from.size() - shape.fixed_size)
    return fail(ErrorCode::kDamaged,
                fmt::format("the text of a {} entry runs past its block", shape.noun));
  return from.first(shape.fixed_size + length);
}

Result<std::vector<Bytes>> packed_records(const PackedShape& shape, Bytes payload, bool first,
                                          int64_t expected_left) {
  const size_t header = first ? kPackedTableHeaderLayout.size() : 0;
  Bytes left = payload.subspan(std::min(header, payload.size()));
  std::vector<Bytes> records;
  for (int64_t wanted = expected_left; wanted > 0; --wanted) {
    if (left.size() < shape.fixed_size || all_zero(left.first(shape.key_size))) break;
    VDE_TRY_ASSIGN(record, packed_record(shape, left));
    records.push_back(record);
    left = left.subspan(record.size());
  }
  return records;
}

}  // namespace vde

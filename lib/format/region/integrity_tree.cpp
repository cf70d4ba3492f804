#include "format/region/integrity_tree.h"

#include <fmt/format.h>

#include <bit>

#include "base/cursor.h"
#include "format/hash.h"

namespace vde {

Result<void> check_shape(const IntegrityTreeHeader& header) {
  if (header.leaf_count < 0 || header.capacity < 0)
    return fail(ErrorCode::kDamaged,
                fmt::format("the integrity tree claims {} leaves and a capacity of {}",
                            header.leaf_count, header.capacity));
  if (header.leaf_count == 0 && header.capacity <= 1) return {};
  if (static_cast<uint32_t>(header.capacity) !=
      std::bit_ceil(static_cast<uint32_t>(header.leaf_count)))
    return fail(ErrorCode::kDamaged,
                fmt::format("an integrity tree of {} leaves cannot have a capacity of {}",
                            header.leaf_count, header.capacity));
  return {};
}

Opaque<32> parent_hash(const Opaque<32>& left, const Opaque<32>& right) {
  const Opaque<32> zero{};
  if (left == zero && right == zero) return zero;
  Opaque<64> both{};
  Writer writer(both);
  writer.copy(left);
  writer.copy(right);
  return sha256(both);
}

}  // namespace vde

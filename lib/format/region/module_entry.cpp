#include "format/region/module_entry.h"

#include <tuple>

namespace vde {
namespace {

constexpr PackedCodec<ModuleEntry, decltype(kModuleEntryLayout)> kModuleCodec{
    kModuleShape, kModuleEntryLayout, &ModuleEntry::entry_point, &ModuleEntry::entry_point_length};

auto values(const ModuleEntry& entry) {
  return std::tie(entry.hash, entry.id, entry.first_block, entry.block_count, entry.size, entry.abi,
                  entry.registered, entry.entry_point);
}

}  // namespace

bool ModuleEntry::operator==(const ModuleEntry& other) const {
  return values(*this) == values(other);
}

Result<Decoded<ModuleEntry>> decode_module_entry(Bytes from) {
  return kModuleCodec.decode(from);
}

Result<std::vector<ModuleEntry>> decode_module_block(Bytes payload, bool first,
                                                     int64_t expected_left) {
  return kModuleCodec.decode_block(payload, first, expected_left);
}

size_t encoded_size(const ModuleEntry& entry) {
  return kModuleCodec.size(entry);
}

void encode(const ModuleEntry& entry, MutableBytes to) {
  kModuleCodec.encode(entry, to);
}

}  // namespace vde

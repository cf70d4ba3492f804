#include "format/integrity_anchor.h"

#include "base/cursor.h"
#include "format/block.h"
#include "format/hash.h"
#include "format/superblock.h"

namespace vde {
namespace {

constexpr int32_t kMaxModules = 64;

}  // namespace

Opaque<32> format_fingerprint() {
  const Superblock fresh;
  Opaque<20> facts{};
  Writer writer(facts);
  writer.store(fresh.major_version);
  writer.store(fresh.minor_version);
  writer.store(fresh.spec_revision);
  writer.store(static_cast<int32_t>(kMinBlockSize));
  writer.store(static_cast<int32_t>(kMaxBlockSize));
  writer.store(static_cast<int32_t>(kGroupBlocks));
  writer.store(kMaxModules);
  return sha256(facts);
}

}  // namespace vde

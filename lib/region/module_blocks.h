// The bytes of WebAssembly modules in DATA blocks: the blocks' payloads in order, with zeros after
// the last byte. Every function uses a few MiB, regardless of the module's size.
#pragma once

#include <functional>
#include <optional>

#include "format/region/module_entry.h"
#include "format/wasm_module.h"
#include "journal/transaction.h"
#include "vde/activity.h"

namespace vde {

inline constexpr uint64_t kMaxModuleSize = INT32_MAX;  // bytes

// SHA-256 of `size` bytes of `source`. Here and below: kInterrupted if `activity.stop` is set;
// `activity.done` is increased by the bytes processed.
[[nodiscard]] Result<Opaque<32>> hash_source(const ByteSource& source, uint64_t size,
                                             Activity& activity);

// Writes the bytes directly to `blocks`, which must be free, and returns their SHA-256.
[[nodiscard]] Result<Opaque<32>> write_module(Transaction& transaction, BlockRange blocks,
                                              const ByteSource& source, uint64_t size,
                                              Activity& activity);

// The result of reading a module's blocks.
struct ModuleBytes {
  Opaque<32> hash{};         // of the module's bytes
  bool padding_zero = true;  // only zeros after the last byte
};

// Receives a module's bytes front to back.
using ByteSink = std::function<Result<void>(Bytes)>;

// Passes a module's bytes to `sink`, each block only after it was verified. kDamaged, naming the
// block, if one is invalid or was never written. The caller must check `first` and `size` against
// the volume.
[[nodiscard]] Result<ModuleBytes> read_module(const BlockIo& io, uint64_t first, uint64_t size,
                                              const ByteSink& sink, Activity& activity);

// Whether the bytes in the blocks of a module have the hash of its entry. Nothing if a block is
// invalid or was never written. `extent` is the entry's module_extent().
[[nodiscard]] Result<std::optional<bool>> matches_hash(const BlockIo& io, const ModuleEntry& entry,
                                                       BlockRange extent, Activity& activity);

}  // namespace vde

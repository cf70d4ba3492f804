// The bytes of WebAssembly modules in DATA blocks: each block's payload in turn, zeros after the
// last byte. Every function holds a few MiB, however large the module is.
#pragma once

#include <functional>

#include "format/wasm_module.h"
#include "journal/transaction.h"
#include "vde/activity.h"

namespace vde {

inline constexpr uint64_t kMaxModuleSize = INT32_MAX;  // bytes

// SHA-256 of `size` bytes of `source`. kInterrupted where `activity` says stop, here and below;
// `activity.done` grows by the bytes that are done with.
[[nodiscard]] Result<Opaque<32>> hash_source(const ByteSource& source, uint64_t size,
                                             Activity& activity);

// Writes them straight to `blocks`, which were free, and returns their SHA-256.
[[nodiscard]] Result<Opaque<32>> write_module(Transaction& transaction, BlockRange blocks,
                                              const ByteSource& source, uint64_t size,
                                              Activity& activity);

// What a module's blocks turned out to hold.
struct ModuleBytes {
  Opaque<32> hash{};         // of its bytes
  bool padding_zero = true;  // nothing but zeros behind its last byte
};

// Gets a module's bytes from front to back.
using ByteSink = std::function<Result<void>(Bytes)>;

// Hands a module's bytes to `sink`, each only after its block verified: kDamaged, naming the block,
// where one does not or was never written. `first` and `size` were held against the volume.
[[nodiscard]] Result<ModuleBytes> read_module(const BlockIo& io, uint64_t first, uint64_t size,
                                              const ByteSink& sink, Activity& activity);

}  // namespace vde

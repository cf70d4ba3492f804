#include "region/module_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/piece.h"
#include "journal/journal.h"
#include "region/hash_pipe.h"
#include "table/module_table.h"

namespace vde {
namespace {

// The number of a module's bytes to process at once: whole payloads.
uint64_t bytes_at_once(uint64_t size, uint32_t block_size) {
  return std::min<uint64_t>(kPieceBytes / block_size, module_blocks(size, block_size)) *
         payload_size(block_size);
}

Result<void> go_on(Activity& activity, uint64_t done) {
  if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
  activity.done += done;
  return {};
}

// Distributes `bytes` over the payloads of `blocks`; the remaining payload bytes become zero.
void spread(Bytes bytes, MutableBytes blocks, uint32_t block_size) {
  const uint32_t payload = payload_size(block_size);
  for (size_t at = 0; at < blocks.size(); at += block_size) {
    const MutableBytes to = blocks.subspan(at, payload);
    const size_t count = std::min<size_t>(payload, bytes.size());
    std::copy_n(bytes.begin(), count, to.begin());
    std::fill(to.begin() + static_cast<ptrdiff_t>(count), to.end(), uint8_t{0});
    bytes = bytes.subspan(count);
  }
}

// Concatenates the content of verified blocks, and checks the padding after it.
Result<void> gather(uint64_t first, Bytes blocks, uint32_t block_size, MutableBytes to,
                    ModuleBytes& found) {
  for (size_t at = 0; at < blocks.size(); at += block_size) {
    const UncheckedBlock block(first + at / block_size, blocks.subspan(at, block_size));
    if (block.is_unwritten())
      return fail_at(block.number(), ErrorCode::kDamaged,
                     "a block of the module was never written");
    VDE_TRY_ASSIGN(checked, block.check(block_types::kData));
    const size_t count = std::min<size_t>(checked.payload().size(), to.size());
    std::copy_n(checked.payload().begin(), count, to.begin());
    to = to.subspan(count);
    if (!all_zero(checked.payload().subspan(count))) found.padding_zero = false;
  }
  return {};
}

}  // namespace

Result<Opaque<32>> hash_source(const ByteSource& source, uint64_t size, Activity& activity) {
  std::vector<uint8_t> buffer(std::min<uint64_t>(size, kPieceBytes));
  Sha256Stream hash;
  for (uint64_t at = 0; at < size;) {
    const MutableBytes chunk =
        MutableBytes(buffer).first(std::min<uint64_t>(size - at, buffer.size()));
    VDE_TRY(source(at, chunk));
    hash.add(chunk);
    VDE_TRY(go_on(activity, chunk.size()));
    at += chunk.size();
  }
  return hash.finish();
}

Result<Opaque<32>> write_module(Transaction& transaction, BlockRange blocks,
                                const ByteSource& source, uint64_t size, Activity& activity) {
  const uint32_t block_size = transaction.journal().io().block_size();
  const uint64_t at_once = bytes_at_once(size, block_size);
  HashPipe pipe(at_once);
  BlockBuffer run(at_once / payload_size(block_size) * block_size);
  uint64_t at = 0;
  do {
    const uint64_t count = std::min(size - at, at_once);
    VDE_TRY(source(at, pipe.fill().first(count)));
    const Bytes bytes = pipe.push(count);
    const MutableBytes piece =
        MutableBytes(run).first(module_blocks(count, block_size) * block_size);
    spread(bytes, piece, block_size);
    VDE_TRY(transaction.write_direct(blocks.begin, block_types::kData, piece));
    VDE_TRY(go_on(activity, count));
    blocks.begin += piece.size() / block_size;
    at += count;
  } while (at < size);
  return pipe.finish();
}

Result<ModuleBytes> read_module(const BlockIo& io, uint64_t first, uint64_t size,
                                const ByteSink& sink, Activity& activity) {
  const uint32_t block_size = io.block_size();
  const uint64_t at_once = bytes_at_once(size, block_size);
  HashPipe pipe(at_once);
  BlockBuffer run(at_once / payload_size(block_size) * block_size);
  ModuleBytes found;
  uint64_t at = 0;
  do {
    const uint64_t count = std::min(size - at, at_once);
    const MutableBytes blocks =
        MutableBytes(run).first(module_blocks(count, block_size) * block_size);
    VDE_TRY(io.file().read(first * block_size, blocks));
    VDE_TRY(gather(first, blocks, block_size, pipe.fill().first(count), found));
    VDE_TRY(sink(pipe.push(count)));
    VDE_TRY(go_on(activity, count));
    first += blocks.size() / block_size;
    at += count;
  } while (at < size);
  found.hash = pipe.finish();
  return found;
}

Result<std::optional<bool>> matches_hash(const BlockIo& io, const ModuleEntry& entry,
                                         BlockRange extent, Activity& activity) {
  const auto nowhere = [](Bytes) -> Result<void> { return {}; };
  auto bytes = read_module(io, extent.begin, static_cast<uint64_t>(entry.size), nowhere, activity);
  if (bytes) return std::optional(bytes->hash == entry.hash);
  if (bytes.error().code == ErrorCode::kDamaged) return std::optional<bool>();
  return propagate(bytes);
}

}  // namespace vde

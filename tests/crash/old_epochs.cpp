#include "crash/old_epochs.h"

#include "support/image_builder.h"
#include "support/image_state.h"
#include "support/try_open.h"

namespace vde::test {
namespace {

constexpr uint64_t kBlock = 100;  // of data

// Changes the block in a session that ends with or without a checkpoint.
Result<void> change(BlockFile& file, uint8_t fill, bool checkpoint) {
  VDE_TRY_ASSIGN(volume, try_open_volume(file));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  VDE_TRY_ASSIGN(payload, transaction.replace(kBlock, block_types::kData));
  std::fill(payload.begin(), payload.end(), fill);
  VDE_TRY(volume->commit(transaction));
  return checkpoint ? volume->close() : Result<void>{};
}

Result<void> outlive_mark() {
  ImageBuilder image({512, 256, kAllModules});
  image.data_block(kBlock, 1);
  VDE_TRY(change(image.file(), 2, false));
  const uint64_t header = image.start("MWAL");
  const MutableBytes last = image.block(header + 63);
  const std::vector<uint8_t> marked(last.begin(), last.end());
  // A session that recovers, in which a crash leaves the last block as it was; then one that ends
  // cleanly; then another program rewrites the journal's header.
  VDE_TRY(change(image.file(), 3, true));
  std::copy(marked.begin(), marked.end(), last.begin());
  VDE_TRY(try_open_volume(image.file()));
  image.patch(header, 96, std::string(80, '0')).rehash(header);
  VDE_TRY(try_open_volume(image.file()));
  return {};
}

}  // namespace

std::string check_outlived_mark() {
  const auto result = outlive_mark();
  return result ? "" : result.error().message;
}

std::string check_emptied_journal() {
  ImageBuilder image({512, 256, kAllModules});
  image.data_block(kBlock, 1);
  for (const uint8_t fill : {uint8_t{2}, uint8_t{3}})
    if (const auto changed = change(image.file(), fill, true); !changed)
      return changed.error().message;
  const uint64_t header = image.start("MWAL");
  // Another program changes the image, which is allowed; later the header is damaged.
  image.write(kBlock, "DATA", "04").superblock([](Superblock& superblock) {
    superblock.modified = kSomeOptions.now;
    superblock.modified.value += 1;
  });
  const auto changed = state_digest(image.file());
  if (!changed) return changed.error().message;
  image.flip(header, 100).flip(header, 200);
  return describe_trouble(image.file(), std::array{*changed});
}

}  // namespace vde::test

#include "support/try_open.h"

#include "journal/committed_view.h"
#include "probe/seal_key.h"
#include "support/memory_undo.h"

namespace vde::test {

Clock clock_of(const EditOptions& options) {
  return [now = options.now]() -> Result<Ticks> { return now; };
}

Result<std::unique_ptr<Volume>> try_open_volume(BlockFile& file, const EditOptions& options) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  VDE_TRY_ASSIGN(view, view_committed(file, probe));
  VDE_TRY_ASSIGN(replayed, probe_replayed(view));
  const Probe& committed = replayed ? *replayed : probe;
  VDE_TRY(check_features(committed));
  const SharedKey key = options.unseal ? nullptr : find_seal_key(committed, options.keys);
  VDE_TRY(check_writable(committed, options.unseal || key != nullptr));
  VDE_TRY_ASSIGN(volume, Volume::open(file, probe, view.plan,
                                      {options.unseal, clock_of(options), memory_undo, {}, key}));
  VDE_TRY(volume->release());
  return std::move(volume);
}

Result<std::unique_ptr<Journal>> try_open_journal(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe));
  return Journal::open(file, probe, plan);
}

Result<std::unique_ptr<BlockFile>> committed_view(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  VDE_TRY_ASSIGN(view, view_committed(file, probe));
  return std::unique_ptr<BlockFile>(std::move(view.file));
}

}  // namespace vde::test

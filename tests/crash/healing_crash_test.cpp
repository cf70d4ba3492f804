// A superblock group that no crash explains is put in order, and the power fails at any moment of
// that: undo restores every byte, and the next writer finishes the work.
#include <doctest/doctest.h>

#include "crash/play.h"
#include "image/volume.h"
#include "support/effort.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kStates = 300;

struct Start {
  std::string name;
  std::vector<uint8_t> content;
};

std::vector<uint8_t> with_waiting(std::vector<uint64_t> damaged) {
  ImageBuilder image({512, 256, kAllModules});
  {
    const auto volume = open_volume(image.file());
    const BlockRange run = commit_data(*volume, 3, 1);
    commit_change(*volume, run, 2);
  }
  for (const uint64_t block : damaged) image.flip(block, 100);
  return image.bytes();
}

std::vector<uint8_t> with_older(uint64_t group) {
  ImageBuilder image({512, 256, kAllModules});
  const std::vector<uint8_t> before = image.bytes();
  must(set_label(image.file(), "newer", kSomeOptions));
  std::copy_n(before.begin() + static_cast<ptrdiff_t>(group * 512), kGroupBlocks * 512,
              image.bytes().begin() + static_cast<ptrdiff_t>(group * 512));
  return image.bytes();
}

// Opens the image for changes; the undo file's bytes at its publication go to `kept`.
Result<void> heal(BlockFile& file, std::vector<uint8_t>& kept) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe));
  const auto make = [&]() -> Result<UndoFile> {
    return UndoFile{"in memory", std::make_unique<SnapshotUndo>(kept)};
  };
  VDE_TRY_ASSIGN(volume,
                 Volume::open(file, probe, plan, {false, clock_of(kSomeOptions), make, {}}));
  return volume->release();
}

}  // namespace

TEST_CASE("after a power failure while a group is put in order, undo and the next writer work") {
  size_t states = 0;
  for (const Start& start : std::vector<Start>{
           {"mirror damaged", ImageBuilder({512, 256, kAllModules}).flip(5, 100).bytes()},
           {"primary damaged", ImageBuilder({512, 256, kAllModules}).flip(2, 100).bytes()},
           {"mirror older", with_older(kMirrorGroup)},
           {"primary older", with_older(kPrimaryGroup)},
           {"mirror damaged, commits waiting", with_waiting({6})}}) {
    RecordingFile file(start.content);
    std::vector<uint8_t> kept;
    must(heal(file, kept));
    REQUIRE_FALSE(kept.empty());
    MemoryFile healed(start.content);
    std::vector<uint8_t> ignored;
    must(heal(healed, ignored));
    const Play play{start.name, start.content, file.take_log()};
    states += explore(play, scaled(kStates), [&](test::ScratchFile& disk) -> std::string {
      const std::vector<uint8_t> crashed(disk.content().begin(), disk.content().end());
      MemoryFile reverted(crashed);
      MemoryFile undo_file(kept);
      const auto undone = undo_repair(reverted, undo_file, nullptr);
      if (!undone && undone.error().code != ErrorCode::kUnchanged)
        return "undo fails: " + undone.error().message;
      if (reverted.bytes() != start.content) return "undo leaves other bytes";
      MemoryFile again(crashed);
      if (const auto next = heal(again, ignored); !next)
        return "the next writer fails: " + next.error().message;
      if (verified(again).complains()) return "the next writer leaves damage";
      const Superblock found = must(probe_to_judge(again)).superblock;
      return found == must(probe_to_judge(healed)).superblock ? "" : "another state";
    });
  }
  CHECK(states > 50);
  MESSAGE(states, " states of the disk");
}

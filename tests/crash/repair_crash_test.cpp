// Repair and undo with a power failure at any moment: undo restores every byte, another repair has
// the same result, and an intact group always remains if there was one.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "../damage/recipes/recipe_image.h"
#include "../damage/recipes/recipes.h"
#include "crash/play.h"
#include "io/undo_file.h"
#include "probe/probe.h"
#include "support/effort.h"
#include "support/files/failing_file.h"
#include "support/memory_undo.h"
#include "support/must.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

// The number of disk states examined per damaged image.
constexpr uint64_t kStatesAnImage = 40;

RepairOptions crash_options() {
  return {from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, true};
}

struct DamagedImage {
  std::string name;
  std::vector<uint8_t> content;
};

// All images for which a repair has something to do.
std::vector<DamagedImage> damaged_images() {
  std::vector<DamagedImage> images = {{"online-add-tags", vector_image("online-add-tags")}};
  Share share(test_effort());
  for (const Recipe& recipe : all_recipes()) {
    if (!recipe.unreadable.empty() || recipe.left == recipe.expected) continue;
    if (!recipe.left.empty() && recipe.expected.empty()) continue;
    RecipeImage image(recipe);
    // Disks are explored by whole sectors.
    if (image.bytes().size() % 512 != 0 || !share.takes_next()) continue;
    images.push_back({recipe.code + ": " + recipe.name, image.bytes()});
  }
  return images;
}

std::vector<std::string> left_codes(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) codes.emplace_back(finding.kind->code);
  return codes;
}

bool has_whole_group(BlockFile& file) {
  const auto probe = probe_to_judge(file);
  return probe && probe->superblock_source == SuperblockSource::kGroup;
}

// Repairs `file` and returns what is left.
Result<std::vector<std::string>> repair_again(BlockFile& file) {
  Activity activity;
  VDE_TRY_ASSIGN(plan, plan_repair(file, crash_options(), activity));
  if (plan.steps.empty()) return left_codes(plan.left);
  VDE_TRY_ASSIGN(left, apply_repair(file, plan, crash_options(), nullptr, activity));
  return left_codes(left);
}

void explore_repair(const DamagedImage& image, size_t& states, size_t& lost_evidence) {
  CAPTURE(image.name);
  RecordingFile file(image.content);
  Activity activity;
  const auto plan = plan_repair(file, crash_options(), activity);
  REQUIRE(plan.has_value());
  std::vector<uint8_t> at_publish;
  SnapshotUndo undo(at_publish);
  const auto left = apply_repair(file, *plan, crash_options(), &undo, activity);
  REQUIRE_MESSAGE(left.has_value(), (left ? "" : left.error().message));
  const auto wanted = left_codes(*left);
  MemoryFile original(image.content);
  const bool had_group = has_whole_group(original);
  const Play play{image.name, image.content, file.take_log()};

  states += explore(play, scaled(kStatesAnImage), [&](test::ScratchFile& disk) -> std::string {
    if (had_group && !has_whole_group(disk)) return "no superblock group is intact";
    const std::vector<uint8_t> crashed(disk.content().begin(), disk.content().end());
    MemoryFile taken_back(crashed);
    MemoryFile undo_file(at_publish);
    const auto undone = undo_repair(taken_back, undo_file, nullptr);
    if (!undone && undone.error().code != ErrorCode::kUnchanged)
      return "undo fails: " + undone.error().message;
    if (taken_back.bytes() != image.content) return "undo leaves other bytes";
    const auto again = repair_again(disk);
    if (!had_group && (!again || *again != wanted)) {
      ++lost_evidence;  // undo is the only way then
      return {};
    }
    if (!again) return "another repair fails: " + again.error().message;
    if (*again != wanted) return "another repair leaves something else";
    return {};
  });
}

void explore_undo(const DamagedImage& image, size_t& states) {
  MemoryFile memory(image.content);
  Activity activity;
  const auto plan = plan_repair(memory, crash_options(), activity);
  REQUIRE(plan.has_value());
  MemoryUndo undo;
  REQUIRE(apply_repair(memory, *plan, crash_options(), &undo, activity).has_value());
  const std::vector<uint8_t> repaired = memory.bytes();

  RecordingFile file(repaired);
  // The undo file's content while the image is written: not completed.
  MemoryFile under_way(undo.content.bytes());
  const auto content = read_undo(under_way);
  REQUIRE(content.has_value());
  REQUIRE(set_undo_state(under_way, content->header, UndoState::kReverting).has_value());
  REQUIRE(undo_repair(file, undo.file(), nullptr).has_value());
  const Play play{image.name + ", undone", repaired, file.take_log()};
  states += explore(play, scaled(kStatesAnImage), [&](test::ScratchFile& disk) -> std::string {
    const std::vector<uint8_t> crashed(disk.content().begin(), disk.content().end());
    MemoryFile again(crashed);
    MemoryFile undo_file(under_way.bytes());
    const auto undone = undo_repair(again, undo_file, nullptr);
    if (!undone && undone.error().code != ErrorCode::kUnchanged)
      return "undo cannot be finished: " + undone.error().message;
    return again.bytes() == image.content ? "" : "undo leaves other bytes";
  });
}

}  // namespace

TEST_CASE("after a crash in an exact repair, the next one or undo restores every byte") {
  RepairOptions options = crash_options();
  options.verify.search_seconds = 10;
  ImageBuilder image;
  image.data_block(200, 0x11);
  const std::vector<uint8_t> sound = image.bytes();
  // A sector of either group, and bits elsewhere.
  for (size_t i = 0; i < 512; ++i) image.flip(2, 512 + i, i % 8).flip(5, i, i % 8);
  image.flip(image.start("TAGI"), 9, 2).flip(image.start("BMAP"), 3, 1).flip(200, 77, 5);
  const auto repair = [&](BlockFile& file, UndoTarget* undo) {
    Activity activity;
    const RepairPlan plan = must(plan_repair(file, options, activity));
    if (!plan.steps.empty()) must(apply_repair(file, plan, options, undo, activity));
  };
  RecordingFile file(image.bytes());
  std::vector<uint8_t> at_publish;
  SnapshotUndo undo(at_publish);
  repair(file, &undo);
  const Play play{"exact", image.bytes(), file.take_log()};
  const size_t states =
      explore(play, scaled(kStatesAnImage), [&](test::ScratchFile& disk) -> std::string {
        MemoryFile crashed({disk.content().begin(), disk.content().end()});
        MemoryFile again(crashed.bytes());
        repair(again, nullptr);
        if (again.bytes() == sound) return "";
        // A torn sector may hold anything, and no other block may have its bytes.
        MemoryFile undo_file(at_publish);
        if (!undo_repair(crashed, undo_file, nullptr)) return "undo fails";
        repair(crashed, nullptr);
        return crashed.bytes() == sound ? "" : "the file is not what it was";
      });
  CHECK(states > 10);
}

TEST_CASE("after a power failure at any moment of a repair, undo and another repair both work") {
  size_t states = 0;
  size_t lost_evidence = 0;
  const std::vector<DamagedImage> images = damaged_images();
  for (const DamagedImage& image : images) explore_repair(image, states, lost_evidence);
  MESSAGE(images.size(), " damaged images, ", states, " states of the disk, ", lost_evidence,
          " of them to be undone before another repair");
  CHECK(images.size() >= scaled(40, std::min(1.0, test_effort())));
  CHECK(states >= images.size() * 6);
  CHECK(lost_evidence * 4 <= states);
}

TEST_CASE("after a power failure at any moment of an undo, another undo finishes it") {
  size_t states = 0;
  for (const DamagedImage& image : damaged_images()) explore_undo(image, states);
  MESSAGE(states, " states of the disk");
}

TEST_CASE("a failing call ends a repair with an error, and undo still restores everything") {
  constexpr auto kCalls = std::to_array(
      {FileCall::kRead, FileCall::kWrite, FileCall::kSync, FileCall::kResize, FileCall::kAllocate});
  for (const DamagedImage& image : damaged_images()) {
    CAPTURE(image.name);
    MemoryFile start(image.content);
    Activity activity;
    const auto plan = plan_repair(start, crash_options(), activity);
    REQUIRE(plan.has_value());
    for (const FileCall call : kCalls) {
      const uint64_t step = stretched(call == FileCall::kRead ? 13 : 1);
      for (uint64_t nth = 1;; nth += step) {
        MemoryFile memory(image.content);
        FailingFile file(memory, Failure{call, nth, true, ErrorCode::kIo, false});
        MemoryUndo undo;
        const auto left = apply_repair(file, *plan, crash_options(), &undo, activity);
        if (file.failures() == 0) break;
        CAPTURE(nth);
        CHECK(file.changes_after_failed_sync() == 0);
        if (call == FileCall::kWrite || call == FileCall::kSync) CHECK_FALSE(left.has_value());
        if (!undo.published) {
          CHECK(memory.bytes() == image.content);
          continue;
        }
        const auto undone = undo_repair(memory, undo.file(), nullptr);
        if (!undone) CHECK(undone.error().code == ErrorCode::kUnchanged);
        CHECK(memory.bytes() == image.content);
      }
    }
  }
}

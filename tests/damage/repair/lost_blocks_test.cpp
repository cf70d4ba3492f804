// Tables of snapshots and modules with damaged blocks: the entries of the other blocks are kept,
// and the lost ones are reported.
#include <fmt/format.h>

#include "support/files/failing_file.h"
#include "support/memory_undo.h"
#include "support/module_session.h"
#include "vde/repair.h"
#include "vde/snapshots.h"

using namespace vde;
using namespace vde::test;

namespace {

const RepairOptions kLostBlocksOptions{
    from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, true};

RepairPlan plan_of(BlockFile& file) {
  Activity activity;
  return must(plan_repair(file, kLostBlocksOptions, activity));
}

RepairPlan repair_lost(BlockFile& file) {
  RepairPlan plan = plan_of(file);
  Activity activity;
  must(apply_repair(file, plan, kLostBlocksOptions, nullptr, activity));
  CHECK(plan_of(file).steps.empty());
  return plan;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Blocks of 512 bytes; each except the first has 7 snapshots. Each snapshot is the child of the one
// before.
std::vector<Snapshot> make_snapshots(ImageBuilder& image, int64_t count) {
  std::vector<Snapshot> made;
  for (int64_t i = 0; i < count; ++i) {
    SnapshotOptions wish;
    wish.label = std::to_string(i % 10);
    wish.reproducible = true;
    if (i > 0) wish.parent = to_string(made.back().id);
    made.push_back(must(create_snapshot(image.file(), wish, {Ticks{1'000'000 + i}, false})));
  }
  return made;
}

// Entries with one character of label take 69 bytes. Nothing proves one whose child names another
// parent; the last has its child in the next block, so its time is changed.
void spoil_snapshots(ImageBuilder& image, uint64_t block, size_t count) {
  for (size_t i = 1; i < count; ++i) image.flip(block, 69 * i + 20);
  image.flip(block, 69 * (count - 1) + 37);
}

// The SHA-256 proves no module with an unknown ABI.
void spoil_modules(ImageBuilder& image, uint64_t block, size_t entry_size = 82) {
  const size_t first = block == image.start("CODE") ? 16 : 0;
  for (size_t at = first; at + entry_size <= 496; at += entry_size) image.flip(block, at + 64, 5);
}

std::vector<uint8_t> payload_of(ImageBuilder& image, uint64_t block) {
  const Bytes payload = image.payload(block);
  return {payload.begin(), payload.end()};
}

// Registers `count` modules, `more` bytes larger than the minimum, with entry points of `entry`
// characters. An entry takes 76 bytes and its entry point.
std::vector<Module> make_modules(ImageBuilder& image, size_t count, size_t entry, size_t more = 0) {
  ModuleOptions options;
  options.entry = std::string(entry, 'e');
  options.force = true;
  for (size_t i = 0; i < count; ++i) {
    MemoryFile file(wasm_of_size(kMinWasm + more + i, i));
    Activity activity;
    must(register_module(image.file(), file, options, kSomeOptions, activity));
  }
  return modules_in(image.file());
}

}  // namespace

TEST_CASE("a damaged block of snapshots loses only its own entries, which padding replaces") {
  ImageBuilder image({.block_size = 512, .packed = true});
  std::vector<Snapshot> made = make_snapshots(image, 20);
  const uint64_t table = image.start("SNAP");
  spoil_snapshots(image, table + 1, 7);
  const auto first = payload_of(image, table);
  const auto last = payload_of(image, table + 2);

  const Verified before = verified(image.file());
  REQUIRE(before.codes == std::vector<std::string>{"BLCK-001", "SNAP-012"});
  const Finding& lost = before.findings[1];
  CHECK(has(lost.message, "entries 6 to 12 of 20"));
  const auto affects = [&](const std::string& what) {
    return std::ranges::find(lost.affects, what) != lost.affects.end();
  };
  CHECK(affects("snapshot " + to_string(made[6].id) + " '6'"));
  CHECK(
      affects("snapshot " + to_string(made[12].id) + ", the parent of " + to_string(made[13].id)));

  const RepairPlan plan = repair_lost(image.file());
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].blocks == std::vector{BlockRange{table, table + 2}});
  CHECK(has(plan.steps[0].loses, "entries 6 to 12 of 20"));
  CHECK(has(plan.steps[0].loses, to_string(made[12].id) + " '2'"));
  CHECK(has(plan.steps[1].loses, to_string(made[13].id) + " (parent " + to_string(made[12].id)));
  CHECK(plan.left.empty());

  // In the other blocks only the count and the cut parent link change.
  CHECK(std::ranges::equal(Bytes(first).subspan(4), image.payload(table).subspan(4)));
  CHECK(std::ranges::equal(Bytes(last).first(16), image.payload(table + 2).first(16)));
  CHECK(std::ranges::equal(Bytes(last).subspan(32), image.payload(table + 2).subspan(32)));
  made.erase(made.begin() + 6, made.begin() + 13);
  made[6].parent = Guid{};
  CHECK(snapshots_in(image.file()) == made);
  const StrictReader reader(image.bytes());
  REQUIRE(reader.outcome("SNAP") == Outcome::kReads);
  CHECK(reader.snapshots().size() == 13 + 4);  // 496 bytes take three entries of 132 and one of 100
  for (size_t i = 0; i < 17; ++i)
    if (i < 6 || i >= 10) CHECK(reader.snapshots()[i].id == made[i < 6 ? i : i - 4].id.bytes);
  make_snapshots(image, 1);
  CHECK_FALSE(verified(image.file()).complains());
}

TEST_CASE("a lost count is restored from the other entries and compared with the slot") {
  ImageBuilder image({.block_size = 512, .packed = true});
  const std::vector<Snapshot> made = make_snapshots(image, 20);
  const uint64_t table = image.start("SNAP");
  image.patch(table, 0, std::string(2 * 496, 'f'));
  const std::vector<uint8_t> damaged = image.bytes();
  const RepairPlan plan = repair_lost(image.file());
  CHECK(has(plan.steps[0].what, "keep the 14 entries"));
  CHECK(has(plan.steps[0].source, "the slot agrees that blocks up to 90 were used"));
  CHECK(has(plan.steps[0].loses, "an unknown number of entries"));
  CHECK(snapshots_in(image.file()).size() == 14);

  for (const auto& [used, says] : {std::pair{int64_t{0}, "nothing else records it"},
                                   std::pair{int64_t{2}, "which contradicts them"}}) {
    image.bytes() = damaged;
    image.slot(image.slot_of("SNAP"), [used = used](RegionSlot& slot) { slot.used = used; });
    CHECK(has(plan_of(image.file()).steps[0].source, says));
  }
}

TEST_CASE("a repair of more blocks than fit into one commit can be interrupted at every write") {
  ImageBuilder image({.block_size = 512, .blocks = 512, .packed = true});
  make_snapshots(image, 300);
  const uint64_t table = image.start("SNAP");
  for (uint64_t block = 1; block < 42; ++block) image.flip(table + block, 1);
  const std::vector<uint8_t> damaged = image.bytes();
  repair_lost(image.file());
  const std::vector<Snapshot> left = snapshots_in(image.file());
  // The one whose id was damaged, and its child, whose parent nothing proves.
  CHECK(left.size() == 300 - 41 * 2);

  const RepairPlan plan = [&] {
    MemoryFile file(damaged);
    return plan_of(file);
  }();
  size_t broken_off = 0;
  for (uint64_t nth = 1;; ++nth) {
    CAPTURE(nth);
    MemoryFile file(damaged);
    FailingFile failing(file, Failure{.call = FileCall::kWrite, .nth = nth, .for_ever = true});
    Activity activity;
    if (apply_repair(failing, plan, kLostBlocksOptions, nullptr, activity)) break;
    ++broken_off;
    repair_lost(file);
    CHECK(snapshots_in(file) == left);
  }
  CHECK(broken_off > 4);
}

TEST_CASE(
    "modules after a damaged block move up in order, and blocks of lost modules stay allocated") {
  ImageBuilder image({.block_size = 512, .packed = true});
  const std::vector<Module> all = make_modules(image, 17, 6);
  const std::vector<uint8_t> sound = image.bytes();
  for (const uint64_t lost_block : {uint64_t{0}, uint64_t{1}, uint64_t{2}}) {
    CAPTURE(lost_block);
    image.bytes() = sound;
    std::vector<Module> modules = all;
    const uint64_t table = image.start("CODE");
    spoil_modules(image, table + lost_block);
    const uint64_t free_before = free_blocks(image);
    const std::vector<uint8_t> before = image.bytes();

    const RepairPlan plan = repair_lost(image.file());
    REQUIRE(plan.steps.size() == 1);
    const size_t first = lost_block == 0 ? 0 : lost_block * 6 - 1;
    const size_t count = lost_block == 0 ? 5 : 6;
    const Module& named = modules[first + 2];
    CHECK(has(plan.steps[0].loses,
              "module " + to_hex(named.hash) + " in block " + std::to_string(named.first_block)));
    if (lost_block > 0)
      CHECK(has(plan.steps[0].loses, "entries " + std::to_string(first) + " to " +
                                         std::to_string(first + 5) + " of 17"));
    CHECK(free_blocks(image) == free_before);
    CHECK(
        std::ranges::equal(Bytes(before).subspan(static_cast<size_t>(named.first_block) * 512, 512),
                           image.block(static_cast<uint64_t>(named.first_block))));

    const auto from = modules.begin() + static_cast<ptrdiff_t>(first);
    modules.erase(from, from + static_cast<ptrdiff_t>(count));
    check_strictly(image, modules);
    // Only that their blocks have no owner.
    CHECK(verified(image.file()).codes == std::vector<std::string>{"BMAP-007"});
    CHECK(make_modules(image, 2, 7, 100).size() == modules.size() + 2);
    CHECK_FALSE(verified(image.file()).complains());
  }
}

TEST_CASE("without a count, modules after an empty block are kept if their bytes prove them") {
  ImageBuilder image({.block_size = 512, .packed = true});
  std::vector<Module> modules = make_modules(image, 17, 6);
  const uint64_t table = image.start("CODE");
  const auto count = static_cast<uint64_t>(image.slots()[image.slot_of("CODE")].count);
  std::ranges::swap_ranges(image.block(table + 2), image.block(table + count - 1));
  spoil_modules(image, table);
  // Unused, not lost.
  image.set_tag(table + 2, "CODE").rehash(table + 2);
  SUBCASE("they do") {
    repair_lost(image.file());
    modules.erase(modules.begin(), modules.begin() + 5);
    CHECK(modules_in(image.file()) == modules);
  }
  SUBCASE("the bytes of one are others") {
    const auto bytes = static_cast<uint64_t>(modules.back().first_block);
    image.flip(bytes, 9).rehash(bytes);
    const RepairPlan plan = plan_of(image.file());
    CHECK(plan.steps.empty());
    REQUIRE(plan.notes.size() == 1);
    CHECK(has(plan.notes[0], "there are entries after the first empty block"));
  }
}

TEST_CASE("without a count, snapshots after an empty block are kept with consent, as doubtful") {
  ImageBuilder image({.block_size = 512, .packed = true});
  const std::vector<Snapshot> made = make_snapshots(image, 20);
  const uint64_t table = image.start("SNAP");
  std::ranges::swap_ranges(image.block(table + 2), image.block(table + 3));
  image.set_tag(table + 2, "SNAP").rehash(table + 2);
  image.patch(table, 0, "a5a5a5a5");
  spoil_snapshots(image, table, 6);
  RepairOptions without = kLostBlocksOptions;
  without.allow_loss = false;
  Activity activity;
  CHECK(must(plan_repair(image.file(), without, activity)).steps.empty());
  const RepairPlan plan = repair_lost(image.file());
  CHECK(plan.lost.others >= 7);
  CHECK(has(plan.steps[0].loses, "7 snapshots after an empty block are kept"));
  std::vector<Guid> kept;
  for (const Snapshot& snapshot : snapshots_in(image.file())) kept.push_back(snapshot.id);
  REQUIRE(kept.size() >= 14);
  for (size_t i = 0; i < 14; ++i) CHECK(kept[kept.size() - 14 + i] == made[6 + i].id);
}

TEST_CASE("a count that is too low does not hide that a block between others lost its modules") {
  ImageBuilder image({.block_size = 512, .packed = true});
  const std::vector<Module> made = make_modules(image, 20, 6);
  const uint64_t table = image.start("CODE");
  std::ranges::fill(image.payload(table + 1), uint8_t{0});
  image.rehash(table + 1).patch(table, 0, "05000000").rehash(table);
  const RepairPlan plan = repair_lost(image.file());
  CHECK(std::ranges::any_of(plan.steps, [&](const RepairStep& step) {
    return has(step.loses, fmt::format("an unknown number of modules (block {}", table + 1));
  }));
  CHECK(modules_in(image.file()).size() == made.size() - 6);
}

TEST_CASE("modules that cannot move up stay in place") {
  // Two entries of 196 bytes leave 88 or more in a block of 512, which the SDK takes
  // for an entry.
  ImageBuilder image({.block_size = 512, .packed = true});
  std::vector<Module> modules = make_modules(image, 6, 120);
  const uint64_t table = image.start("CODE");
  const auto others = payload_of(image, table + 1);
  spoil_modules(image, table, 196);
  const RepairPlan plan = repair_lost(image.file());
  modules.erase(modules.begin(), modules.begin() + 2);
  CHECK(modules_in(image.file()) == modules);
  CHECK(payload_of(image, table + 1) == others);
  CHECK(std::ranges::find_if(plan.left, [](const Finding& finding) {
          return finding.kind->code == "CODE-015";
        }) != plan.left.end());
  CHECK(make_modules(image, 7, 3, 100).size() == 11);
  CHECK_FALSE(verified(image.file()).complains());
}

TEST_CASE(
    "a table whose only block with entries reads as never written becomes empty, which is "
    "reported") {
  for (const std::string_view tag : {"SNAP", "CODE"}) {
    CAPTURE(tag);
    ImageBuilder image;
    make_snapshots(image, 3);
    const std::vector<Module> modules = make_modules(image, 3, 6);
    const uint64_t first = image.start(tag);
    image.wipe(first);
    const std::vector<uint8_t> damaged = image.bytes();
    const RepairPlan plan = plan_of(image.file());
    CHECK(image.bytes() == damaged);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].what == fmt::format("drop all entries of the {}: no intact block holds any",
                                            tag == "SNAP" ? "snapshot table" : "code cache"));
    CHECK(plan.steps[0].loses == fmt::format("an unknown number of entries (block {})", first));
    repair_lost(image.file());
    CHECK(image.slots()[image.slot_of(tag)].used == 1);
    CHECK(snapshots_in(image.file()).size() == (tag == "SNAP" ? 0 : 3));
    CHECK(modules_in(image.file()).size() == (tag == "CODE" ? 0 : 3));
    // Their bytes stay in place, allocated.
    for (const Module& module : modules)
      CHECK_FALSE(all_zero(image.block(static_cast<uint64_t>(module.first_block))));
  }
}

// Repairs the damage of every recipe: the remaining findings are those of the recipe, a second
// repair changes nothing, and undo restores every byte.
#include <doctest/doctest.h>

#include "damage/recipes/recipe_image.h"
#include "format/region/bitmap.h"
#include "probe/seal_key.h"
#include "support/crafted_journal.h"
#include "support/evidence_image.h"
#include "support/files/faulty_file.h"
#include "support/lost_list.h"
#include "support/memory_undo.h"
#include "support/must.h"
#include "support/one_change.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

RepairOptions repair_options(bool unseal = false) {
  return {from_unix_seconds(1'800'000'000), unseal, {VerifyScope::kAll, 1, 0}, true};
}

RepairPlan planned(BlockFile& file, const RepairOptions& options = repair_options()) {
  Activity activity;
  auto plan = plan_repair(file, options, activity);
  REQUIRE_MESSAGE(plan.has_value(), (plan ? "" : plan.error().message));
  return std::move(*plan);
}

std::string codes_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += (text.empty() ? "" : " ") + std::string(finding.kind->code);
  return text;
}

std::string codes_of(const std::vector<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : " ") + code;
  return text;
}

// Whether one of the kinds says that its repair may lose something.
bool may_lose(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) {
    return !finding.kind->loses.empty() && finding.kind->loses != "nothing";
  });
}

// Repairs `file`, and returns the remaining findings.
std::vector<Finding> repaired(BlockFile& file, const RepairPlan& plan, UndoTarget* undo,
                              const RepairOptions& options = repair_options()) {
  Activity activity;
  auto left = apply_repair(file, plan, options, undo, activity);
  REQUIRE_MESSAGE(left.has_value(), (left ? "" : left.error().message));
  return std::move(*left);
}

void check_sealed_blocks_kept(ImageBuilder& image, const std::vector<uint8_t>& before,
                              const RepairPlan& plan) {
  const uint32_t size = image.block_size();
  for (uint64_t number = 0; number < std::min(before.size(), image.bytes().size()) / size;
       ++number) {
    const Bytes old = Bytes(before).subspan(number * size, size);
    if (UncheckedBlock(number, old).state() != BlockState::kValid) continue;
    const Bytes now = image.block(number);
    bool planned_change = false;
    for (const ByteRange& range : plan.changes)
      planned_change |= range.begin <= number * size && number * size < range.end;
    CAPTURE(number);
    CHECK(UncheckedBlock(number, now).state() == BlockState::kValid);
    CHECK((planned_change || std::ranges::equal(old, now)));
  }
}

// Every region that the repair leaves clean is read by the SDK's readers.
void check_strictly(ImageBuilder& image, const std::vector<Finding>& left) {
  const StrictReader reader(image.bytes());
  if (std::ranges::none_of(
          left, [](const Finding& finding) { return finding.kind->severity == Severity::kError; }))
    CHECK(reader.validates());
  for (const std::string region : {"TAGI", "SNAP", "CODE"}) {
    CAPTURE(region);
    const bool clean = std::ranges::none_of(left, [&](const Finding& finding) {
      return finding.region == region && finding.kind->severity != Severity::kNote;
    });
    if (!clean) continue;
    CAPTURE(reader.failure(region));
    CHECK(reader.outcome(region) != Outcome::kFails);
  }
}

void check_undo(ImageBuilder& image, const std::vector<uint8_t>& before, MemoryUndo& undo) {
  const std::vector<uint8_t> after = image.bytes();
  MemoryUndo redo;
  const auto undone = undo_repair(image.file(), undo.file(), &redo);
  REQUIRE_MESSAGE(undone.has_value(), (undone ? "" : undone.error().message));
  CHECK(image.bytes() == before);
  const auto again = undo_repair(image.file(), undo.file(), nullptr);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == ErrorCode::kUnchanged);
  const auto redone = undo_repair(image.file(), redo.file(), nullptr);
  REQUIRE_MESSAGE(redone.has_value(), (redone ? "" : redone.error().message));
  CHECK(image.bytes() == after);
}

// The remaining codes of the recipe, and leaked blocks if `left` has them: they are reported only
// for images without errors, so they may appear after the repair.
std::vector<std::string> with_leaks(const Recipe& recipe, const std::vector<Finding>& left) {
  std::vector<std::string> codes = recipe.left;
  const bool leaks = !left.empty() && left.back().kind->code == "BMAP-007";
  if (leaks && std::ranges::find(codes, "BMAP-007") == codes.end()) codes.emplace_back("BMAP-007");
  return codes;
}

}  // namespace

TEST_CASE("a repair of each damage leaves what its recipe says, and can be undone") {
  for (const Recipe& recipe : all_recipes()) {
    CAPTURE(recipe.code);
    CAPTURE(recipe.name);
    RecipeImage image(recipe);
    FaultyFile file = image.faulty();
    LostList list;
    RepairOptions options = repair_options();
    options.verify = recipe.options();
    options.lost = list.visitor();
    const RepairPlan plan = planned(file, options);

    CHECK(image.bytes() == image.damaged());
    CHECK(list.is_complete(plan));
    CHECK(codes_of(plan.found) == codes_of(recipe.expected));
    CHECK(codes_of(plan.left) == codes_of(with_leaks(recipe, plan.left)));
    CHECK(plan.corrected() == recipe.expected.size() - recipe.left.size());
    CHECK(plan.steps.empty() == (recipe.left.size() == recipe.expected.size()));
    for (const RepairStep& step : plan.steps) {
      CHECK_FALSE(step.what.empty());
      CHECK_FALSE(step.source.empty());
      // explain must not promise more than the repair keeps.
      CAPTURE(step.loses);
      CHECK((step.loses.empty() || may_lose(plan.found)));
    }
    if (plan.steps.empty()) continue;

    MemoryUndo undo;
    const std::vector<Finding> left = repaired(file, plan, &undo);
    CHECK(undo.published);
    CHECK(codes_of(left) == codes_of(with_leaks(recipe, left)));
    CHECK(planned(file).steps.empty());
    check_sealed_blocks_kept(image, image.damaged(), plan);
    check_strictly(image, left);
    check_undo(image, image.damaged(), undo);
  }
}

TEST_CASE("verify reports for each finding whether a repair fixes it") {
  for (const Recipe& recipe : all_recipes()) {
    if (!recipe.unreadable.empty()) continue;
    // Its warnings vanish because the repair of its errors writes the groups again.
    if (recipe.code == "ORIG-008") continue;
    CAPTURE(recipe.code);
    CAPTURE(recipe.name);
    RecipeImage image(recipe);
    std::string left;
    for (const Finding& finding : verified(image.file(), recipe.options()).findings)
      if (!finding.fixable) left += (left.empty() ? "" : " ") + std::string(finding.kind->code);
    CHECK(left == codes_of(recipe.left));
  }
}

TEST_CASE("an intact image is not changed") {
  ImageBuilder image;
  const RepairPlan plan = planned(image.file());
  CHECK(plan.found.empty());
  CHECK(plan.steps.empty());
}

TEST_CASE("an image that the SDK damaged by adding tags online is repaired completely") {
  MemoryFile file(vector_image("online-add-tags"));
  const std::vector<uint8_t> before = file.bytes();
  const RepairPlan plan = planned(file);
  MemoryUndo undo;
  const std::vector<Finding> left = repaired(file, plan, &undo);
  // The SDK increased the inode size only in the superblock, which is legal.
  CHECK(codes_of(left) == "SUPB-009");
  CHECK(planned(file).steps.empty());
  const StrictReader reader(file.bytes());
  CHECK(reader.validates());
  CHECK(reader.outcome("TAGI") == Outcome::kReads);
  CHECK(reader.tags().empty());
  const auto undone = undo_repair(file, undo.file(), nullptr);
  CHECK(undone.has_value());
  CHECK(file.bytes() == before);
}

TEST_CASE("a repair of each sample loses nothing, and can be undone") {
  for (const std::string& name : vector_names()) {
    CAPTURE(name);
    MemoryFile file(vector_image(name));
    const std::vector<uint8_t> before = file.bytes();
    Activity activity;
    const auto plan = plan_repair(file, repair_options(), activity);
    if (!plan) {
      CHECK(plan.error().code == ErrorCode::kUnsupported);
      continue;
    }
    CHECK(file.bytes() == before);
    if (plan->steps.empty()) continue;
    const auto old = StrictReader(before);
    MemoryUndo undo;
    const std::vector<Finding> left = repaired(file, *plan, &undo);
    CHECK(codes_of(left) == codes_of(plan->left));
    CHECK(planned(file).steps.empty());
    const auto now = StrictReader(file.bytes());
    if (old.validates()) CHECK(now.validates());
    CHECK(now.tags() == old.tags());
    CHECK(now.snapshots().size() == old.snapshots().size());
    CHECK(now.modules().size() == old.modules().size());
    CHECK(undo_repair(file, undo.file(), nullptr).has_value());
    CHECK(file.bytes() == before);
  }
}

TEST_CASE("superblocks without a trailer get one only if all evidence confirms them") {
  const std::vector<uint8_t> sample = vector_image("online-add-tags");
  const auto refused = [&](size_t offset) {
    MemoryFile file(sample);
    file.bytes()[offset] = static_cast<uint8_t>(file.bytes()[offset] ^ 1);
    Activity activity;
    RepairOptions options = repair_options();
    options.allow_loss = false;
    const auto plan = plan_repair(file, options, activity);
    if (!plan) return plan.error().code == ErrorCode::kNotAnImage;
    return codes_of(plan->left).find("SUPB-010") != std::string::npos;
  };
  CHECK(refused(0x98));                        // blocks 0 and 4 differ
  CHECK(refused(4096 + 7 * 32 + 8));           // block 1 is not the directory
  CHECK(refused(8 * 4096 + 100));              // the directory is damaged
  CHECK(refused(10 * 4096 + 1099 / 8));        // a block of a region is free in the bitmap
  CHECK_FALSE(refused(10 * 4096 + 1500 / 8));  // a data block more is no evidence either way
}

TEST_CASE("a sealed image is repaired only on request, which removes the seal") {
  ImageBuilder image;
  for (const uint64_t block : {kPrimaryGroup, kMirrorGroup})
    image.patch(block, 4048, "01").rehash(block);
  image.bits(76, 80, false);
  Activity activity;
  const auto plan = plan_repair(image.file(), repair_options(), activity);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == ErrorCode::kUnsupported);

  const RepairPlan unsealing = planned(image.file(), repair_options(true));
  CHECK(codes_of(repaired(image.file(), unsealing, nullptr, repair_options(true))) == "");
  CHECK(probe_to_judge(image.file())->seal.is_set() == false);
}

TEST_CASE("a repair with the key renews a seal, and one with another key is refused") {
  ImageBuilder image;
  seal_image(image, test_key());
  image.bits(76, 80, false);
  RepairOptions options = repair_options();
  Activity activity;
  options.verify.keys = {test_key(2)};
  CHECK(plan_repair(image.file(), options, activity).error().code == ErrorCode::kUnsupported);

  options.verify.keys = {test_key(2), test_key()};
  const RepairPlan plan = planned(image.file(), options);
  CHECK(codes_of(repaired(image.file(), plan, nullptr, options)) == "SUPB-007 SUPB-021");
  CHECK(find_seal_key(must(probe_to_judge(image.file())), {test_key()}) != nullptr);
}

TEST_CASE("a repair does not renew a seal that a commit in the journal does not fit") {
  ImageBuilder image;
  seal_image(image, test_key());
  image.bits(76, 80, false);
  CraftedJournal journal(image);
  Opaque<32> seal{};
  std::ranges::copy(image.payload(kPrimaryGroup).last(seal.size()), seal.begin());
  journal.set_seal(seal);
  const uint64_t target = image.start("DATA");
  journal.add({{target, 0, journal.valid_block(block_types::kData, 1)}},
              [](Superblock& superblock) { superblock.label.bytes[0] = 'F'; });
  RepairOptions options = repair_options();
  options.verify.keys = {test_key()};
  CHECK(find_seal_key(must(probe_to_judge(image.file())), {test_key()}) != nullptr);
  Activity activity;
  const auto plan = plan_repair(image.file(), options, activity);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == ErrorCode::kUnsupported);
  CHECK(plan.error().message.find("does not fit the key") != std::string::npos);
}

TEST_CASE("images that must not be written are not repaired") {
  Activity activity;
  const auto refusal = [&](const std::function<void(ImageBuilder&)>& change) {
    ImageBuilder image;
    image.bits(76, 80, false);
    change(image);
    const auto plan = plan_repair(image.file(), repair_options(), activity);
    return plan ? std::string("planned") : std::string(error_code_name(plan.error().code));
  };
  const auto flag = [](uint32_t bit) {
    return [bit](ImageBuilder& image) {
      image.slot(image.slot_of("SNAP"), [bit](RegionSlot& slot) { slot.flags |= bit; });
    };
  };
  CHECK(refusal([](ImageBuilder&) {}) == "planned");
  CHECK(refusal(flag(kRegionEncrypted)) == "unsupported");
  CHECK(refusal(flag(kRegionWorm)) == "unsupported");
  CHECK(refusal(flag(kRegionReadOnly)) == "unsupported");
  CHECK(refusal(flag(kRegionMigrating)) == "unsupported");
  CHECK(refusal([](ImageBuilder& image) {
          image.superblock([](Superblock& s) { s.min_writer_version = 3; });
        }) == "unsupported");
}

TEST_CASE("a damaged bitmap block is rebuilt, and no block with content becomes free") {
  ImageBuilder image;
  for (uint64_t block = 200; block < 204; ++block) image.data_block(block, 0x5a);
  image.flip(10, 3);
  const RepairPlan plan = planned(image.file());
  // These blocks are unreferenced, which is reported for images without errors.
  CHECK(codes_of(repaired(image.file(), plan, nullptr)) == "BMAP-007");
  const Bytes bits = image.payload(10);
  for (uint64_t block = 0; block < 256; ++block) {
    CAPTURE(block);
    CHECK(test_bit(bits, block) == (block < 92 || (block >= 200 && block < 204)));
  }
}

TEST_CASE("a damaged root of the tag tree loses no tag, a damaged leaf only its own") {
  ImageBuilder image({.blocks = 512});
  {
    const auto writer = TagWriter::open(image.file(), kSomeOptions);
    REQUIRE(writer.has_value());
    for (int64_t i = 0; i < 300; ++i)
      REQUIRE((*writer)->set({"key " + std::to_string(i), std::string(40, 'v'), i, 0}).has_value());
    REQUIRE((*writer)->commit().has_value());
    REQUIRE((*writer)->close().has_value());
  }
  const std::vector<uint8_t> whole = image.bytes();
  const std::vector<strict::Tag> tags = StrictReader(whole).tags();
  REQUIRE(tags.size() == 300);
  const auto region =
      static_cast<uint64_t>(probe_to_judge(image.file())->slots[image.slot_of("TAGI")].start);
  for (const uint64_t block : {uint64_t{0}, uint64_t{1}, uint64_t{2}}) {
    CAPTURE(block);
    image.bytes() = whole;
    image.flip(region + block, 9);
    const RepairPlan plan = planned(image.file());
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].loses.empty() == (block < 2));
    CHECK(codes_of(repaired(image.file(), plan, nullptr)) == "");
    CHECK(planned(image.file()).steps.empty());
    const std::vector<strict::Tag> left = StrictReader(image.bytes()).tags();
    CHECK((left == tags) == (block < 2));
    CHECK(left.size() > 200);
    for (const strict::Tag& tag : left) CHECK(std::ranges::find(tags, tag) != tags.end());
  }
}

TEST_CASE("an undo file is accepted only for its own image, and only without later changes") {
  ImageBuilder image;
  image.bits(76, 80, false);
  MemoryUndo undo;
  repaired(image.file(), planned(image.file()), &undo);
  const std::vector<uint8_t> after = image.bytes();

  ImageBuilder other;
  other.superblock([](Superblock& superblock) { superblock.uuid.bytes[0] = 7; });
  const auto foreign = undo_repair(other.file(), undo.file(), nullptr);
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().code == ErrorCode::kMalformed);
  CHECK(foreign.error().message.find("another image") != std::string::npos);

  REQUIRE(set_label(image.file(), "later", kSomeOptions).has_value());
  const std::vector<uint8_t> changed = image.bytes();
  const auto late = undo_repair(image.file(), undo.file(), nullptr);
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == ErrorCode::kChangedSince);
  CHECK(image.bytes() == changed);
}

TEST_CASE("an undo file with any byte changed is rejected or still right") {
  ImageBuilder image;
  image.flip(2, 0);
  const std::vector<uint8_t> before = image.bytes();
  MemoryUndo undo;
  repaired(image.file(), planned(image.file()), &undo);
  const std::vector<uint8_t> after = image.bytes();
  const std::vector<uint8_t> file = undo.content.bytes();
  for (size_t at = 0; at < file.size(); at += at < 2048 ? 1 : 509) {
    CAPTURE(at);
    image.bytes() = after;
    undo.content.bytes() = file;
    undo.content.bytes()[at] = static_cast<uint8_t>(undo.content.bytes()[at] ^ 0x10);
    const auto undone = undo_repair(image.file(), undo.file(), nullptr);
    CHECK(image.bytes() == (undone ? before : after));
  }
}

#include "damage/campaign/campaign_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/superblock.h"
#include "support/one_change.h"
#include "support/verify_list.h"
#include "vde/repair.h"

namespace vde::test {
namespace {

const RepairOptions kRepair{
    Ticks{640'000'000'000'000'000}, false, {VerifyScope::kMetadata, 1, 0}, true};

// Repairs without an undo file. False where the plan asks for a larger volume first.
bool repair(BlockFile& file) {
  Activity activity;
  const auto plan = plan_repair(file, kRepair, activity);
  if (!plan) return true;
  if (!plan->steps.empty())
    static_cast<void>(apply_repair(file, *plan, kRepair, nullptr, activity));
  return std::ranges::none_of(plan->notes, [](const std::string& note) {
    return note.find("vdetool resize") != std::string::npos;
  });
}

// A copy of `file` after a repair, and after what the repair says to do if it lacks room.
std::unique_ptr<CowFile> repaired_copy(const CowFile& file) {
  auto copy = file.clone();
  if (repair(*copy)) return copy;
  const auto larger = copy->size().transform([](uint64_t bytes) { return bytes * 2; });
  if (larger && resize_volume(*copy, *larger, {kRepair.now, false})) repair(*copy);
  return copy;
}

bool is_damage(const Error& error) {
  return error.code == ErrorCode::kDamaged || error.code == ErrorCode::kUnsupported ||
         error.code == ErrorCode::kNotAnImage;
}

std::string text_of(const Refusal& refusal) {
  if (!refusal) return "success";
  return fmt::format("{}: {}", error_code_name(refusal->code), refusal->message);
}

std::string_view list_name(ViolationKind kind) {
  if (kind == ViolationKind::kWrongTagList) return "tags of the damaged image";
  return kind == ViolationKind::kWrongSnapshotList ? "snapshots" : "modules";
}

class SeedPlay {
 public:
  SeedPlay(const CampaignBase& base, uint64_t seed, bool detailed, std::string save)
      : base_(base),
        detailed_(detailed),
        save_(std::move(save)),
        random_(seed),
        sound_(base.open()),
        image_(base.open()),
        expected_{base.content, base.label, base.blocks * base.block_size} {
    // Neighbouring seeds have nothing in common.
    random_ = Random(random_.next());
  }

  SeedResult play() {
    result_.base = base_.name;
    fault_ = put_fault(base_, *image_, random_);
    result_.fault = fault_.describe();
    result_.sound = fault_.kind == FaultKind::kNone;
    damaged_ = image_->clone();
    before_ = list_content(*image_);
    save("undamaged", *sound_);
    save("damaged", *damaged_);
    judge_lists();
    const size_t listed = result_.violations.size();
    constexpr uint64_t kTwoEvery = 4;
    const uint64_t operations = random_.below(kTwoEvery) == 0 ? 2 : 1;
    for (uint64_t i = 0; i < operations && result_.violations.size() == listed; ++i) {
      const std::string_view region = std::string_view(fault_.part).substr(0, sizeof("TAGI") - 1);
      result_.end = judge(choose_operation(base_, expected_, region, i, random_));
      if (result_.end != SeedEnd::kSucceeded) break;
    }
    save("changed", *image_);
    if (result_.sound && base_.clean) judge_sound();
    return std::move(result_);
  }

 private:
  // There was no fault, so there is no error; warnings may come of a smaller volume.
  void judge_sound() {
    const Verified found = verified(*image_);
    if (found.error) violate(ViolationKind::kSoundRefused, found.error->message);
    for (const Finding& finding : found.findings)
      if (finding.kind->severity == Severity::kError)
        violate(ViolationKind::kSoundRefused,
                fmt::format("{} afterwards: {}", finding.kind->code, finding.message));
  }

  void violate(ViolationKind kind, std::string what) {
    result_.violations.push_back({kind, std::move(what)});
  }
  void note(std::string what) {
    if (detailed_) result_.details.push_back(std::move(what));
  }

  void save(std::string_view state, const CowFile& file) {
    if (save_.empty()) return;
    const std::string path = fmt::format("{}.{}", save_, state);
    file.save(path);
    note("saved " + path);
  }

  // The lists of the damaged image. What is not its content must be an older image's.
  void judge_lists() {
    const Content& sound = base_.content;
    const auto compare = [&](ViolationKind kind, const Listed& listed, const Content& found,
                             const Content& wanted) {
      note(fmt::format("{}: {} listed of {}, {}", list_name(kind), found.size(), wanted.size(),
                       text_of(listed.error)));
      if (!listed.whole()) return;
      const Content lacks = minus(wanted, found);
      if (lacks.size() == 0 && found.size() == wanted.size()) return;
      if (is_older(found, wanted)) {
        note("an older image, which nothing can tell from a sound one");
        result_.older = true;
        return;
      }
      violate(kind, fmt::format("{} of {} are listed, without {}", found.size(), wanted.size(),
                                describe(lacks)));
    };
    compare(ViolationKind::kWrongTagList, before_.tags, {before_.content.tags, {}, {}},
            {sound.tags, {}, {}});
    compare(ViolationKind::kWrongSnapshotList, before_.snapshots,
            {{}, before_.content.snapshots, {}}, {{}, sound.snapshots, {}});
    compare(ViolationKind::kWrongModuleList, before_.modules, {{}, {}, before_.listed_modules},
            {{}, {}, sound.modules});
    if (before_.tags.whole() && !before_.tags_in_order)
      violate(ViolationKind::kWrongTagList, "tags are listed in no order");
  }

  // A stale block gave entries of once, and nothing can tell: they are as many as there should be,
  // or the block is the whole table, or verify finds nothing. Zeros in the only block of a table
  // are what an empty one holds.
  bool is_older(const Content& found, const Content& wanted) {
    if (fault_.kind == FaultKind::kValidZeros) return is_whole_table();
    if (fault_.kind != FaultKind::kStale || minus(distinct(found), base_.ever).size() > 0)
      return false;
    return found.size() == wanted.size() || is_whole_table() || seems_sound();
  }
  // The fault hit a table of snapshots or modules whose entries lie in its first block alone.
  [[nodiscard]] bool is_whole_table() const {
    if (fault_.part != "SNAP first" && fault_.part != "CODE first") return false;
    const std::string used = fault_.part.substr(0, 4) + " used";
    return std::none_of(base_.parts.begin(), base_.parts.end(),
                        [&](const BasePart& part) { return part.name == used; });
  }

  bool seems_sound() {
    if (!seems_sound_) seems_sound_ = !verified(*damaged_->clone()).complains();
    return *seems_sound_;
  }

  SeedEnd judge(const Operation& operation) {
    const auto earlier = image_->clone();
    const Refusal refusal = operation.run(*image_);
    result_.operations.push_back(fmt::format("{} -> {}", operation.text, text_of(refusal)));
    note_changes(*earlier, operation.text);
    if (refusal && is_damage(*refusal)) {
      judge_unchanged(*earlier);
      if (result_.sound && !sound_refuses_too(operation, *refusal))
        violate(ViolationKind::kSoundRefused, refusal->message);
      return SeedEnd::kRefused;
    }
    const Refusal sound = operation.run(*sound_);
    if (refusal) return judge_error(operation, *refusal, sound, *earlier);
    if (!sound) operation.apply(expected_);
    sort_content(expected_.content);
    judge_success(!sound);
    return SeedEnd::kSucceeded;
  }

  void note_changes(const CowFile& earlier, const std::string& operation) {
    if (!detailed_) return;
    std::string text;
    for (const uint64_t number : image_->differing_blocks(earlier, base_.block_size))
      text += fmt::format(" {} ({})", number, base_.region_of(number));
    note(fmt::format("{}: changed blocks:{}", operation, text.empty() ? " none" : text));
  }

  bool sound_refuses_too(const Operation& operation, const Error& error) {
    const Refusal sound = operation.run(*sound_);
    return sound && sound->code == error.code;
  }

  SeedEnd judge_error(const Operation& operation, const Error& error, const Refusal& sound,
                      CowFile& earlier) {
    judge_unchanged(earlier);
    if (sound && sound->code == error.code) return SeedEnd::kNothingToDo;
    if (is_answer_of_older(operation, error)) {
      note("an answer that nothing can tell from a right one");
      result_.older = true;
      return SeedEnd::kNothingToDo;
    }
    violate(ViolationKind::kWrongAnswer,
            fmt::format("the undamaged image gives {}", text_of(sound)));
    return SeedEnd::kWrong;
  }

  // Blocks are in the wrong places, or of once, and verify finds nothing; or a leaf of once gives
  // the answer of then: only a walk through the whole index could tell.
  bool is_answer_of_older(const Operation& operation, const Error& error) {
    const bool is_stale = fault_.kind == FaultKind::kStale;
    if (result_.older && (is_stale || fault_.kind == FaultKind::kValidZeros)) return true;
    if ((is_stale || fault_.kind == FaultKind::kSwapped) && seems_sound()) return true;
    if (!is_stale || fault_.part != "TAGI leaf") return false;
    CowFile older(base_.older[fault_.older]);
    const Refusal then = operation.run(older);
    return then && then->code == error.code;
  }

  void judge_unchanged(CowFile& earlier) {
    const uint64_t old_size = *earlier.size();
    const uint64_t new_size = *image_->size();
    if (old_size != new_size)
      violate(ViolationKind::kChangedRefusal,
              fmt::format("the file had {} bytes and has {}", old_size, new_size));
    const std::vector<uint64_t> changed = image_->differing_blocks(earlier, base_.block_size);
    for (const uint64_t number : changed) {
      if (may_change(number, earlier)) continue;
      violate(ViolationKind::kChangedRefusal,
              fmt::format("block {} ({}) is another one", number, base_.region_of(number)));
      break;
    }
    if (changed.empty()) return;
    // What may change changes nothing that can be read.
    const Content lost = minus(list_content(earlier).content, list_content(*image_).content);
    if (lost.size() > 0)
      violate(ViolationKind::kChangedRefusal,
              fmt::format("not listed any more: {}", describe(lost)));
  }

  bool may_change(uint64_t number, const CowFile& earlier) {
    if (number == base_.journal.begin || number + 1 == base_.journal.end) return true;
    if (is_hit(number) && number < 2 * kGroupBlocks)
      return image_->block(number, base_.block_size) ==
             earlier.block(number ^ kGroupBlocks, base_.block_size);
    if (number >= base_.free.size() || !base_.free[number]) return false;
    note(fmt::format("wrote to free block {}", number));
    result_.wrote_free = true;
    return true;
  }
  [[nodiscard]] bool is_hit(uint64_t number) const {
    return number == fault_.block || (fault_.kind == FaultKind::kSwapped && number == fault_.other);
  }

  // `had_effect`: the undamaged image was changed by the operation, too.
  void judge_success(bool had_effect) {
    const Listing after = list_content(*image_);
    judge_losses(after);
    judge_foreign_blocks();
    if (!had_effect) return;
    judge_effect(after);
    const auto label = read_label(*image_);
    if (!label || *label != expected_.label)
      violate(ViolationKind::kNoEffect, "the label is another one");
    if (*image_->size() != expected_.size)
      violate(ViolationKind::kNoEffect, fmt::format("the file has {} bytes", *image_->size()));
  }

  const Content& repaired_after() {
    if (!repaired_after_) repaired_after_ = list_content(*repaired_copy(*image_)).content;
    return *repaired_after_;
  }

  void judge_losses(const Listing& after) {
    repaired_after_.reset();
    Content missing = minus(common(base_.content, expected_.content), after.content);
    if (missing.size() > 0) missing = minus(missing, repaired_after());
    if (missing.size() == 0) return;
    Content lost = common(missing, before_.content);
    const Content unsure = minus(missing, lost);
    if (unsure.size() > 0) {
      const Content repaired = list_content(*repaired_copy(*damaged_)).content;
      lost = joined(lost, common(unsure, repaired));
    }
    const auto tell = [&](ViolationKind kind, const Content& part) {
      if (part.size() > 0) violate(kind, describe(part));
    };
    tell(ViolationKind::kLostTags, {lost.tags, {}, {}});
    tell(ViolationKind::kLostSnapshots, {{}, lost.snapshots, {}});
    tell(ViolationKind::kLostModules, {{}, {}, lost.modules});
  }

  void judge_foreign_blocks() {
    const uint64_t blocks = *image_->size() / base_.block_size;
    const CowFile base(base_.image);
    for (const uint64_t number : base_.foreign) {
      if (number < blocks &&
          image_->block(number, base_.block_size) == base.block(number, base_.block_size))
        continue;
      violate(ViolationKind::kLostBlocks, fmt::format("block {}", number));
      return;
    }
  }

  // What was added is listed; where a list fails, a repair brings it. What was removed is gone.
  void judge_effect(const Listing& after) {
    Content added = minus(minus(expected_.content, base_.content), after.content);
    const bool needs_repair = (!after.tags.whole() && !added.tags.empty()) ||
                              (!after.snapshots.whole() && !added.snapshots.empty()) ||
                              (!after.modules.whole() && !added.modules.empty());
    if (needs_repair) {
      const Content repaired = minus(added, repaired_after());
      if (!after.tags.whole()) added.tags = repaired.tags;
      if (!after.snapshots.whole()) added.snapshots = repaired.snapshots;
      if (!after.modules.whole()) added.modules = repaired.modules;
    }
    if (added.size() > 0)
      violate(ViolationKind::kNoEffect, fmt::format("not there: {}", describe(added)));
    Content left = common(minus(base_.content, expected_.content), after.content);
    // A list that fails says itself that it is not what the image holds.
    if (!after.tags.whole()) left.tags.clear();
    if (!after.snapshots.whole()) left.snapshots.clear();
    if (!after.modules.whole()) left.modules.clear();
    if (left.size() > 0)
      violate(ViolationKind::kNoEffect, fmt::format("still there: {}", describe(left)));
  }

  const CampaignBase& base_;
  bool detailed_;
  std::string save_;
  Random random_;
  std::unique_ptr<CowFile> sound_;    // the undamaged image, with the same operations
  std::unique_ptr<CowFile> image_;    // the damaged one
  std::unique_ptr<CowFile> damaged_;  // as it was before the first operation
  Fault fault_;
  Listing before_;  // of the damaged image
  Expected expected_;
  std::optional<bool> seems_sound_;  // verify finds nothing in the damaged image
  std::optional<Content> repaired_after_;
  SeedResult result_;
};

}  // namespace

std::string_view violation_name(ViolationKind kind) {
  constexpr std::array<std::string_view, kViolationKinds> kNames = {
      "lost tags",           "lost snapshots",    "lost modules",       "lost blocks of others",
      "no effect",           "changed refusal",   "wrong answer",       "wrong tag list",
      "wrong snapshot list", "wrong module list", "sound image refused"};
  return kNames.at(static_cast<size_t>(kind));
}

SeedResult play_seed(uint64_t seed, bool detailed, const std::string& save) {
  Random random(seed);
  const CampaignBase& base = campaign_base(random.below(base_count()));
  return SeedPlay(base, seed, detailed, save).play();
}

}  // namespace vde::test

#include "damage/campaign/repair_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "damage/campaign/content_judge.h"
#include "support/memory_undo.h"
#include "support/one_change.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"

namespace vde::test {
namespace {

template <class Options>
constexpr bool kHasConsent = requires(Options options) {
  options.allow_loss;
};

// The one place where a run without consent differs. A template, so that it is right before the
// library knows of consent, too.
template <class Options>
Options options_of(bool consent) {
  Options options;
  options.now = Ticks{640'000'000'000'000'000};
  options.verify = {VerifyScope::kAll, 1};
  if constexpr (kHasConsent<Options>) options.allow_loss = consent;
  return options;
}

std::string describe(const Finding& finding) {
  return fmt::format("{} {} block {}: {}", finding.kind->code, finding.region,
                     finding.block ? fmt::format("{}", *finding.block) : "-", finding.message);
}

std::string describe(const RepairStep& step) {
  std::string blocks;
  for (const BlockRange& range : step.blocks)
    blocks += fmt::format(" {}-{}", range.begin, range.end - 1);
  return fmt::format("{} (from {}){}; blocks{}", step.what, step.source,
                     step.loses.empty() ? "" : "; loses " + step.loses, blocks);
}

// Codes and places, sorted; notes do not count.
std::vector<std::string> names_of(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings)
    if (finding.kind->severity != Severity::kNote)
      names.push_back(
          fmt::format("{} {} {}", finding.kind->code, finding.region, finding.block.value_or(0)));
  std::ranges::sort(names);
  return names;
}

std::vector<uint8_t> bytes_of(CowFile& file) {
  std::vector<uint8_t> bytes(*file.size());
  static_cast<void>(file.read(0, bytes));
  return bytes;
}

// One repair of a damaged image.
class RepairRun {
 public:
  RepairRun(const DamagedImage& damaged, bool consent, RepairSeed& seed,
            const RepairSeedOptions& wish)
      : damaged_(damaged),
        options_(options_of<RepairOptions>(consent)),
        wish_(wish),
        outcome_{damaged, consent, damaged.file.clone()},
        report_(seed, wish, consent) {}

  void run() {
    report_.note(outcome_.consent ? "-- with consent" : "-- without consent");
    if (!repair()) return;
    judge_findings();
    judge_another_repair();
    judge_bytes();
    if (outcome_.consent && !damaged_.is_excused() && !outcome_.plan.steps.empty())
      judge_strictly();
    if (asks_for_room()) enlarge();
    judge_content(outcome_, report_);
    if (!wish_.keep.empty())
      outcome_.file->save(wish_.keep + (outcome_.consent ? ".repaired" : ".repaired-lossless"));
  }

  [[nodiscard]] ExactCounts count_exact(const std::vector<Damage>& damages) const {
    return test::count_exact(damages, {damaged_.file, *outcome_.file, *damaged_.known.base.open(),
                                       damaged_.known.base.block_size, outcome_.plan});
  }

 private:
  bool repair() {
    Activity activity;
    RepairOptions listing = options_;
    listing.lost = outcome_.list.visitor();
    auto plan = plan_repair(*outcome_.file, listing, activity);
    if (!plan) {
      report_.note("refused: " + plan.error().message);
      if (!damaged_.is_excused())
        report_.wrong(WrongKind::kLost, "refused: " + plan.error().message);
      return false;
    }
    outcome_.plan = std::move(*plan);
    for (const Finding& finding : outcome_.plan.found) report_.note("found " + describe(finding));
    for (const RepairStep& step : outcome_.plan.steps) report_.note("step " + describe(step));
    for (const std::string& text : outcome_.plan.notes) report_.note("note " + text);
    outcome_.left = outcome_.plan.left;
    if (!outcome_.list.is_complete(outcome_.plan))
      report_.wrong(WrongKind::kNotClean, "the list of lost entries is not what the steps lose");
    return outcome_.plan.steps.empty() || apply(activity);
  }

  bool apply(Activity& activity) {
    MemoryUndo undo;
    const auto left = apply_repair(*outcome_.file, outcome_.plan, options_, &undo, activity);
    if (!left) {
      report_.wrong(WrongKind::kCrashed, "the repair fails: " + left.error().message);
      return false;
    }
    outcome_.left = *left;
    if (names_of(outcome_.left) != names_of(outcome_.plan.left))
      report_.wrong(WrongKind::kNotClean, "other findings are left than were planned");
    const auto back = outcome_.file->clone();
    const auto undone = undo_repair(*back, undo.file(), nullptr);
    if (!undone)
      report_.wrong(WrongKind::kNotUndone, undone.error().message);
    else if (*back->size() != *damaged_.file.clone()->size() ||
             !back->differing_blocks(damaged_.file, damaged_.known.base.block_size).empty())
      report_.wrong(WrongKind::kNotUndone, "undo leaves other bytes");
    return true;
  }

  void judge_findings() {
    const Verified second = verified(*outcome_.file);
    if (second.error) {
      if (!damaged_.is_excused()) report_.wrong(WrongKind::kNotClean, second.error->message);
      return;
    }
    for (const Finding& finding : second.findings) report_.note("left " + describe(finding));
    if (names_of(second.findings) != names_of(outcome_.left))
      report_.wrong(WrongKind::kNotClean, "another verification finds something else");
    if (!outcome_.consent || damaged_.is_excused() || asks_for_room()) return;
    for (const Finding& finding : second.findings)
      if (outcome_.is_new(finding) && !is_lost_for_good(finding))
        return report_.wrong(WrongKind::kNotClean, describe(finding));
  }

  // The content of regions that nothing else in the image has, and the bytes of modules.
  [[nodiscard]] bool is_lost_for_good(const Finding& finding) const {
    constexpr std::string_view kRepaired[] = {"SUPB", "RMAP", "EXMD", "IANT", "BMAP",  "MWAL",
                                              "TAGI", "SNAP", "CODE", "INOD", "group", "directory"};
    const bool is_module = finding.kind->code == "CODE-009" || finding.kind->code == "CODE-010";
    if (is_module) return wish_.damage.data;
    if (!finding.block) return false;
    // The finding may name another block of the structure.
    const std::string region = damaged_.known.base.region_of(*finding.block);
    const bool hit = std::ranges::any_of(damaged_.touched, [&](uint64_t block) {
      return damaged_.known.base.region_of(block) == region;
    });
    return hit && std::ranges::find(kRepaired, region) == std::end(kRepaired);
  }

  void judge_another_repair() {
    Activity activity;
    const auto again = plan_repair(*outcome_.file, options_, activity);
    if (!again) {
      if (!damaged_.is_excused()) report_.wrong(WrongKind::kNotIdempotent, again.error().message);
    } else if (!again->steps.empty()) {
      report_.wrong(WrongKind::kNotIdempotent, describe(again->steps.front()));
    }
  }

  // As it was, or with the commits that waited. Nothing reads old records of the journal.
  void judge_bytes() {
    if (!wish_.damage.one_bit) return;
    const uint32_t size = damaged_.known.base.block_size;
    for (const uint64_t number : damaged_.touched) {
      if (outcome_.plan.found.empty() && damaged_.known.base.region_of(number) == "MWAL") continue;
      const std::vector<uint8_t> block = outcome_.file->block(number, size);
      if (block != damaged_.known.open()->block(number, size) &&
          block != damaged_.known.base.open()->block(number, size))
        report_.wrong(WrongKind::kNotClean,
                      fmt::format("block {} is not restored exactly", number));
    }
  }

  // The SDK's readers read every region that the repair leaves clean.
  void judge_strictly() {
    const StrictReader reader(bytes_of(*outcome_.file));
    for (const std::string region : {"TAGI", "SNAP", "CODE"}) {
      const bool clean = std::ranges::none_of(outcome_.left, [&](const Finding& finding) {
        return finding.region == region && finding.kind->severity != Severity::kNote;
      });
      if (clean && reader.outcome(region) == Outcome::kFails && !is_as_before(region))
        report_.wrong(WrongKind::kNotClean,
                      fmt::format("the SDK refuses {}: {}", region, reader.failure(region)));
    }
  }

  // Blocks were restored or moved back, and nothing else was done; and the undamaged image has the
  // same failure.
  [[nodiscard]] bool is_as_before(const std::string& region) const {
    return std::ranges::all_of(outcome_.plan.steps,
                               [](const RepairStep& step) {
                                 return is_exact(step) ||
                                        step.what.starts_with("exchange blocks") ||
                                        step.what.starts_with("copy block");
                               }) &&
           StrictReader(bytes_of(*damaged_.known.open())).outcome(region) == Outcome::kFails;
  }

  [[nodiscard]] bool asks_for_room() const {
    return std::ranges::any_of(outcome_.plan.notes, [](const std::string& note) {
      return note.find("vdetool resize") != std::string::npos;
    });
  }

  // What the repair says to do, and the repair once more.
  void enlarge() {
    report_.note("the volume is enlarged, and repaired again");
    Activity activity;
    if (!resize_volume(*outcome_.file, *outcome_.file->size() * 2, {options_.now, false})) return;
    const auto plan = plan_repair(*outcome_.file, options_, activity);
    if (plan && !plan->steps.empty())
      static_cast<void>(apply_repair(*outcome_.file, *plan, options_, nullptr, activity));
  }

  const DamagedImage& damaged_;
  RepairOptions options_;
  const RepairSeedOptions& wish_;
  RepairOutcome outcome_;
  SeedReport report_;
};

}  // namespace

bool consent_exists() {
  return kHasConsent<RepairOptions>;
}

RepairSeed play_repair_seed(uint64_t seed, const RepairSeedOptions& options) {
  // Neighbouring seeds have nothing in common.
  Random random(Random(seed).next());
  const KnownImage& known = known_image(random.below(known_image_count()));
  RepairSeed result;
  result.image = known.name;
  const auto file = known.open();
  const std::vector<Damage> damages = put_damages(known, *file, random, options.damage);
  for (const Damage& damage : damages) result.damages.push_back(damage.describe());
  DamagedImage damaged{known, *file, damages, {}};
  for (const uint64_t block : file->differing_blocks(*known.open(), known.base.block_size))
    damaged.touched.insert(block);
  if (!options.keep.empty()) {
    file->save(options.keep);
    known.open()->save(options.keep + ".sound");
  }
  try {
    if (options.rescue) {
      judge_rescues(known, *file, damaged.touched, result, options);
      return result;
    }
    RepairRun with_consent(damaged, true, result, options);
    with_consent.run();
    result.exact = with_consent.count_exact(damages);
    if (consent_exists()) RepairRun(damaged, false, result, options).run();
  } catch (const std::exception& error) {
    result.wrong.push_back({WrongKind::kCrashed, true, error.what()});
  }
  return result;
}

}  // namespace vde::test

#include "crash/kill_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "image/write_image.h"
#include "support/try_open.h"

namespace vde::test {
namespace {

// Data blocks that no table names restrict allocation to unwritten blocks, and each kill leaves
// some written ones.
constexpr uint64_t kBlocks = 16384;
constexpr uint32_t kBlockSize = 4096;

Result<uint64_t> first_block(Volume& volume) {
  const auto& slots = volume.journal().regions().raw_slots();
  const auto data_area = data_area_slot(slots, 0);
  if (!data_area) return fail(ErrorCode::kDamaged, "there is no data area");
  return static_cast<uint64_t>(slots[*data_area].start);
}

// Every 13th run is larger than the journal.
uint64_t run_length(uint64_t number) {
  return number % 13 == 7 ? 80 : number % 5;
}

uint8_t fill_of(uint64_t number) {
  return static_cast<uint8_t>(number % 251 + 1);
}

// The payload of a fixed block: the state's number, its run, and filling.
struct Note {
  uint64_t number = 0;
  BlockRange run;
};

void encode_note(const Note& note, MutableBytes payload) {
  std::fill(payload.begin(), payload.end(), fill_of(note.number));
  store_le(payload, 0, note.number);
  store_le(payload, 8, note.run.begin);
  store_le(payload, 16, note.run.end);
}

Note decode_note(Bytes payload) {
  return {load_le<uint64_t>(payload, 0),
          {load_le<uint64_t>(payload, 8), load_le<uint64_t>(payload, 16)}};
}

bool is_filled(Bytes bytes, uint64_t number) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [&](uint8_t byte) { return byte == fill_of(number); });
}

void set_label(Transaction& transaction, uint64_t number) {
  const std::string text = std::to_string(number);
  Text<64> label;
  std::copy(text.begin(), text.end(), label.bytes.begin());
  transaction.superblock().label = label;
}

// New blocks of this state; every third run is written directly.
Result<BlockRange> add_run(Volume& volume, Transaction& transaction, uint64_t number) {
  const uint64_t count = run_length(number);
  if (count == 0) return BlockRange{};
  VDE_TRY_ASSIGN(run, volume.allocator().allocate(transaction, count));
  if (number % 3 == 0) {
    BlockBuffer blocks(count * kBlockSize, fill_of(number));
    VDE_TRY(transaction.write_direct(run.begin, block_types::kData, blocks));
    return run;
  }
  for (uint64_t n = run.begin; n < run.end; ++n) {
    VDE_TRY_ASSIGN(payload, transaction.replace(n, block_types::kData));
    std::fill(payload.begin(), payload.end(), fill_of(number));
  }
  return run;
}

Result<void> check_block(Transaction& transaction, uint64_t block, const Note& note) {
  VDE_TRY_ASSIGN(payload, transaction.read(block, block_types::kData));
  const Note found = decode_note(payload);
  if (found.number != note.number || found.run != note.run ||
      !is_filled(payload.subspan(24), note.number))
    return fail_at(block, ErrorCode::kDamaged,
                   fmt::format("state {} where {} belongs", found.number, note.number));
  return {};
}

}  // namespace

Result<void> make_kill_image(BlockFile& file) {
  CreateOptions options;
  options.size = kBlocks * kBlockSize;
  options.block_size = kBlockSize;
  options.label = "0";
  options.uuid.bytes[0] = 1;
  VDE_TRY_ASSIGN(modules, parse_modules(kDefaultModules));
  options.modules = modules;
  VDE_TRY_ASSIGN(plan, plan_image(options));
  const Activity activity;
  VDE_TRY(write_image(file, plan, activity));
  VDE_TRY_ASSIGN(volume, try_open_volume(file, {}));
  VDE_TRY_ASSIGN(first, first_block(*volume));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  VDE_TRY(volume->allocator().allocate_exactly(transaction, {first, first + kKillBlocks}));
  for (uint64_t i = 0; i < kKillBlocks; ++i) {
    VDE_TRY_ASSIGN(payload, transaction.replace(first + i, block_types::kData));
    encode_note({}, payload);
  }
  VDE_TRY(volume->commit(transaction));
  return volume->close();
}

Result<void> commit_kill_state(Volume& volume, uint64_t number) {
  VDE_TRY_ASSIGN(first, first_block(volume));
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY_ASSIGN(payload, transaction.read(first, block_types::kData));
  const Note before = decode_note(payload);
  VDE_TRY_ASSIGN(run, add_run(volume, transaction, number));
  if (!before.run.empty()) VDE_TRY(volume.allocator().release(transaction, before.run));
  for (uint64_t i = 0; i < kKillBlocks; ++i) {
    VDE_TRY_ASSIGN(fixed, transaction.replace(first + i, block_types::kData));
    encode_note({number, run}, fixed);
  }
  set_label(transaction, number);
  return volume.commit(transaction);
}

Result<uint64_t> kill_state(Volume& volume) {
  VDE_TRY_ASSIGN(first, first_block(volume));
  Transaction transaction(volume.journal());
  VDE_TRY_ASSIGN(payload, transaction.read(first, block_types::kData));
  const Note note = decode_note(payload);
  const Superblock& superblock = volume.journal().superblock();
  if (superblock.label.view() != std::to_string(note.number))
    return fail(ErrorCode::kDamaged,
                fmt::format("label of state {} on state {}", superblock.label.view(), note.number));
  for (uint64_t i = 0; i < kKillBlocks; ++i) VDE_TRY(check_block(transaction, first + i, note));
  if (note.run.count() != run_length(note.number))
    return fail(ErrorCode::kDamaged, "the run has another length");
  const auto allocated = static_cast<int64_t>(first + kKillBlocks + note.run.count());
  if (superblock.total_allocated_blocks != allocated)
    return fail(ErrorCode::kDamaged, fmt::format("{} blocks are allocated where {} should be",
                                                 superblock.total_allocated_blocks, allocated));
  for (uint64_t n = note.run.begin; n < note.run.end; ++n) {
    VDE_TRY_ASSIGN(block, transaction.read(n, block_types::kData));
    if (!is_filled(block, note.number))
      return fail_at(n, ErrorCode::kDamaged, fmt::format("not of state {}", note.number));
  }
  return note.number;
}

}  // namespace vde::test

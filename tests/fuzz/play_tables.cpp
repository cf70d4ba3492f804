#include "fuzz/play_tables.h"

#include <cstdio>
#include <cstdlib>

#include "check/exact/search.h"
#include "check/passes.h"
#include "format/block_type.h"
#include "inspect/decode_table.h"
#include "io/memory_file.h"

namespace vde::test {
namespace {

constexpr uint64_t kBlocks = 4;

std::vector<BlockType> fuzzed_types() {
  std::vector<BlockType> types = {block_types::kEncryption, block_types::kPolicyVault,
                                  block_types::kIntegrityTree, block_types::kInodes};
  for (const TableDescription* table : all_tables())
    if (table->type != block_types::kDictionaries) types.push_back(table->type);
  return types;
}

// The payloads with valid trailers; zeros after the end of the input.
std::vector<uint8_t> region_of(Bytes input, uint32_t block_size, BlockType type) {
  std::vector<uint8_t> bytes(kBlocks * block_size);
  for (uint64_t i = 0; i < kBlocks; ++i) {
    const MutableBytes block = MutableBytes(bytes).subspan(i * block_size, block_size);
    const Bytes payload = input.first(std::min<size_t>(input.size(), payload_size(block_size)));
    std::copy(payload.begin(), payload.end(), block.begin());
    input = input.subspan(payload.size());
    // Of the inode table only the checkpoint of a migration is fuzzed.
    write_trailer(block, type == block_types::kInodes ? block_types::kMigration : type, 1);
  }
  return bytes;
}

}  // namespace

void play_table_input(Bytes input) {
  static const std::vector<BlockType> kTypes = fuzzed_types();
  if (input.empty()) return;
  const BlockType type = kTypes[input[0] % 128 / 2 % kTypes.size()];
  const uint32_t block_size = input[0] % 2 == 0 ? 4096 : 512;
  MemoryFile file(region_of(input.subspan(1), block_size, type));
  const BlockIo io(file, block_size);
  Probe probe;
  probe.file_size = kBlocks * block_size;
  probe.block_size = block_size;
  probe.slots.push_back({type, kRegionActive, 0, kBlocks, 0});
  const VerifyOptions options;
  Activity activity;
  size_t findings = 0;
  const std::function<void(const Finding&)> count = [&](const Finding& finding) {
    if (!finding.message.empty()) ++findings;
  };
  Reporter reporter(count, nullptr, block_size);
  const JournalOnDisk no_journal;
  ExactSearch nothing(0, activity);
  VerifyContext context{io, probe, options, activity, reporter, no_journal, nothing, {}};
  context.regions.push_back({0, type, {0, kBlocks}, false, type});
  for (const Pass pass :
       {check_tables, check_keys, check_policies, check_integrity_tree, check_migration})
    if (!pass(context)) {
      std::fprintf(stderr, "violated guarantee: damage stops a verification\n");
      std::abort();
    }
  // At most one per byte.
  if (findings > file.bytes().size()) {
    std::fprintf(stderr, "violated guarantee: too many findings\n");
    std::abort();
  }
  // JSON takes most of the time.
  constexpr size_t kDumpedEvery = 8;
  if (input.size() % kDumpedEvery != 0) return;
  for (uint64_t i = 0; i < kBlocks; ++i) {
    const Bytes payload = Bytes(file.bytes()).subspan(i * block_size, payload_size(block_size));
    static_cast<void>(decode_table(io, {type, {0, kBlocks}, i}, payload).dump());
  }
}

}  // namespace vde::test

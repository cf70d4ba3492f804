#include <fmt/format.h>

#include <algorithm>

#include "base/ranges.h"
#include "image/change_state.h"
#include "image/module/module_input.h"
#include "vde/text.h"

namespace vde {
namespace {

// An id derived from the hash, so that the same bytes always get the same id. It looks like the
// start of the hash, except that version and variant (digits 12 and 16) are 8 (docs/FORMAT.md,
// section 15).
Guid id_of(const Opaque<32>& hash) {
  const std::string text = to_hex(Bytes(hash).first(sizeof(Guid)));
  const std::string_view all = text;
  Guid id = parse_guid(fmt::format("{}-{}-{}-{}-{}", all.substr(0, 8), all.substr(8, 4),
                                   all.substr(12, 4), all.substr(16, 4), all.substr(20)))
                .value_or(Guid{});
  id.bytes[8] &= 0x0f;
  return as_version_8(id);
}

tl::unexpected<Error> is_there(const ModuleEntry& entry) {
  return fail(ErrorCode::kUnchanged,
              fmt::format("already stored as module {}", to_string(entry.id)));
}

Result<ModuleEntry> read_entry(PackedEditor& editor, PackedPlace place) {
  VDE_TRY_ASSIGN(bytes, editor.read(place));
  VDE_TRY_ASSIGN(decoded, decode_module_entry(bytes));
  return decoded.entry;
}

// Finds the stored module with the bytes of `module`. The bytes are hashed only if there is a
// module of the same size, which is rare.
Result<std::optional<Module>> find_known(const PackedWalk& walk, ModuleFile::State& module,
                                         Activity& activity) {
  bool same_size = false;
  VDE_TRY(walk([&](const PackedRecord& record) {
    const auto other = load_le<int32_t>(record.bytes, kModuleSizeOffset);
    same_size = same_size || static_cast<uint64_t>(other) == module.size;
    return !same_size;
  }));
  if (!same_size) return std::optional<Module>();
  if (!module.hash) {
    activity.total += module.size;
    VDE_TRY_ASSIGN(hash, hash_source(module.source(), module.size, activity));
    module.hash = hash;
  }
  Result<Module> known = resolve_module(walk, to_hex(*module.hash));
  if (known) return std::optional<Module>(std::move(*known));
  if (known.error().code != ErrorCode::kNotFound) return propagate(known);
  return std::optional<Module>();
}

Result<void> refuse_known_id(const PackedWalk& walk, const std::optional<Guid>& id) {
  if (!id) return {};
  bool same = false;
  VDE_TRY(walk([&](const PackedRecord& record) {
    const Bytes other = record.bytes.subspan(kModuleIdOffset, sizeof(Guid));
    same = std::equal(other.begin(), other.end(), id->bytes.begin());
    return !same;
  }));
  if (!same) return {};
  return fail(ErrorCode::kExists,
              fmt::format("there is already a module with the id {}", to_string(*id)));
}

Result<void> append(PackedEditor& editor, const ModuleEntry& entry) {
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return editor.append(record);
}

// Blocks that other entries of the table name stay allocated.
Result<void> free_blocks(ChangeState& change, PackedEditor& table, std::vector<BlockRange> blocks) {
  const uint64_t total = change.transaction->regions().blocks();
  const uint32_t block_size = change.image.block_size();
  Result<void> decoded;
  VDE_TRY(table.walk([&](const PackedRecord& record) {
    Result<Decoded<ModuleEntry>> entry = decode_module_entry(record.bytes);
    if (!entry) decoded = propagate(entry);
    if (!entry) return false;
    if (const auto extent = module_extent(entry->entry, total, block_size))
      blocks = without(blocks, *extent);
    return true;
  }));
  VDE_TRY(std::move(decoded));
  for (const BlockRange& range : blocks)
    VDE_TRY(change.allocator().release_marked(*change.transaction, range));
  return {};
}

// Writes the bytes to free blocks and adds the entry.
Result<Module> store(ChangeState& change, const ModuleFile::State& module, Ticks now,
                     Activity& activity) {
  VDE_TRY_ASSIGN(table, change.open(change.module_entries));
  Transaction& transaction = *change.transaction;
  const uint32_t block_size = transaction.journal().io().block_size();
  VDE_TRY(change.allocator().check(transaction, table->region()));
  VDE_TRY_ASSIGN(blocks,
                 change.allocator().allocate(transaction, module_blocks(module.size, block_size)));
  ModuleEntry entry;
  VDE_TRY_ASSIGN(hash, write_module(transaction, blocks, module.source(), module.size, activity));
  entry.hash = hash;
  entry.id = module.options.id.value_or(id_of(hash));
  entry.first_block = static_cast<int64_t>(blocks.begin);
  entry.block_count = static_cast<int32_t>(blocks.count());
  entry.size = static_cast<int32_t>(module.size);
  entry.abi = module.abi;
  entry.registered = now;
  entry.entry_point = module.entry;
  // Reached with bytes that are already stored only if the file changed while it was read.
  VDE_TRY_ASSIGN(known, table->find(hash));
  if (known) {
    VDE_TRY_ASSIGN(other, read_entry(*table, *known));
    return is_there(other);
  }
  VDE_TRY(append(*table, entry));
  return public_module(entry);
}

Result<std::vector<Module>> take_out(ChangeState& change, std::vector<Module> modules) {
  VDE_TRY_ASSIGN(table, change.open(change.module_entries));
  const uint64_t total = change.transaction->regions().blocks();
  const uint32_t block_size = change.image.block_size();
  std::vector<BlockRange> blocks;
  for (const Module& module : modules) {
    VDE_TRY_ASSIGN(place, table->find(module.hash));
    if (!place)
      return fail(ErrorCode::kDamaged,
                  fmt::format("module {} cannot be found again", to_string(module.id)));
    VDE_TRY(table->remove(*place));
    // Blocks of an invalid range are not freed.
    if (const auto extent = module_extent(entry_of(module), total, block_size))
      blocks.push_back(*extent);
  }
  VDE_TRY(free_blocks(change, *table, std::move(blocks)));
  return modules;
}

}  // namespace

Result<std::optional<Module>> ModuleEditor::find(ModuleFile& file, Activity& activity) {
  VDE_TRY(change_.check_open());
  return change_.checked(
      find_known(change_.walk_of(change_.module_entries), *file.state_, activity));
}

Result<Module> ModuleEditor::add(ModuleFile& file, Activity& activity) {
  const ModuleFile::State& module = *file.state_;
  VDE_TRY_ASSIGN(known, find(file, activity));
  if (known) return is_there(entry_of(*known));
  if (module.refusal) return tl::make_unexpected(*module.refusal);
  const PackedWalk walk = change_.walk_of(change_.module_entries);
  VDE_TRY(change_.checked(refuse_known_id(walk, module.options.id)));
  activity.total += module.size;
  VDE_TRY_ASSIGN(now, change_.checked(change_.now()));
  return change_.stage([&] { return store(change_, module, now, activity); });
}

Result<std::vector<Module>> ModuleEditor::remove(std::span<const std::string> references) {
  VDE_TRY(change_.check_open());
  const PackedWalk walk = change_.walk_of(change_.module_entries);
  std::vector<Module> modules;
  for (const std::string& reference : references) {
    VDE_TRY_ASSIGN(module, change_.checked(resolve_module(walk, reference)));
    if (std::find(modules.begin(), modules.end(), module) == modules.end())
      modules.push_back(module);
  }
  return change_.stage([&] { return take_out(change_, std::move(modules)); });
}

}  // namespace vde

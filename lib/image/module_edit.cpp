// Registering and removing modules.
#include <fmt/format.h>

#include <algorithm>

#include "base/ranges.h"
#include "image/module_ref.h"
#include "image/volume.h"
#include "image/wasm_validator.h"
#include "region/module_blocks.h"
#include "vde/text.h"

namespace vde {
namespace {

Result<void> check_entry_point(std::string_view entry) {
  if (entry.size() > kMaxEntryPoint)
    return fail(ErrorCode::kUsage, fmt::format("the entry point has {} bytes", entry.size()),
                fmt::format("{} are the most", kMaxEntryPoint));
  if (!is_utf8(entry)) return fail(ErrorCode::kUsage, "the entry point is not UTF-8 text");
  return {};
}

// What the bytes are, and whether they may be stored.
Result<WasmSummary> check_module(const ByteSource& source, uint64_t size,
                                 const RegisterOptions& options) {
  if (size > kMaxModuleSize)
    return fail(ErrorCode::kUnsupported, fmt::format("the file has {} bytes", size),
                fmt::format("{} are the most a module may have", kMaxModuleSize));
  VDE_TRY_ASSIGN(summary, read_wasm(source, size, options.entry));
  if (!summary.entry_exported && !options.force)
    return fail(ErrorCode::kUnsupported,
                fmt::format("the module exports no function '{}'", escape(options.entry)),
                "name its entry point with --entry, or give --force");
  return summary;
}

Result<ModuleFacts> judge_module(const ByteSource& source, uint64_t size,
                                 const WasmSummary& summary, bool force) {
  ModuleFacts facts = facts_of(summary);
  if (!wants_validation(facts, size)) return facts;
  std::vector<uint8_t> bytes(size);
  VDE_TRY(source(0, bytes));
  add_verdict(facts, bytes);
  if (facts.validation == ModuleFacts::Validation::kInvalid && !force)
    return fail(ErrorCode::kUnsupported,
                fmt::format("the module is not valid: {}", escape(facts.validation_note)),
                "give --force to store it all the same");
  return facts;
}

uint16_t told_abi(const WasmSummary& summary) {
  if (summary.layer == WasmLayer::kComponent) return kAbiPreview2;
  return summary.imports_preview1 ? kAbiPreview1 : kAbiStable;
}

// An id that the same bytes always get, and that reads like the beginning of their hash: a UUID of
// version 8, whose bits are for its maker to choose.
Guid id_of(const Opaque<32>& hash) {
  std::string text = to_hex(Bytes(hash).first(sizeof(Guid)));
  text[12] = '8';
  text[16] = '8';
  const std::string_view all = text;
  const std::string guid = fmt::format("{}-{}-{}-{}-{}", all.substr(0, 8), all.substr(8, 4),
                                       all.substr(12, 4), all.substr(16, 4), all.substr(20));
  return parse_guid(guid).value_or(Guid{});
}

tl::unexpected<Error> is_there(const ModuleEntry& entry) {
  return fail(ErrorCode::kNotFound,
              fmt::format("the same bytes are there already, as module {}", to_string(entry.id)));
}

Result<ModuleEntry> read_entry(PackedEditor& editor, PackedPlace place) {
  VDE_TRY_ASSIGN(bytes, editor.read(place));
  VDE_TRY_ASSIGN(decoded, decode_module_entry(bytes));
  return decoded.entry;
}

// Refuses what is there already before anything is written. Bytes can only be there if a module of
// their size is: they are hashed in advance where that is so, which is seldom.
Result<void> refuse_known(BlockFile& image, const ByteSource& source, uint64_t size,
                          const std::optional<Guid>& id, Activity& activity) {
  VDE_TRY_ASSIGN(cache, CodeCache::open(image));
  bool same_size = false;
  bool same_id = false;
  VDE_TRY(cache.walk([&](const PackedRecord& record) {
    const auto other = load_le<int32_t>(record.bytes, kModuleSizeOffset);
    same_size = same_size || static_cast<uint64_t>(other) == size;
    const Bytes other_id = record.bytes.subspan(kModuleIdOffset, sizeof(Guid));
    same_id = same_id || (id && std::equal(other_id.begin(), other_id.end(), id->bytes.begin()));
    return true;
  }));
  if (same_size) {
    VDE_TRY_ASSIGN(hash, hash_source(source, size, activity));
    Result<Module> known = resolve_module(cache, to_hex(hash));
    if (known) return is_there(entry_of(*known));
    if (known.error().code != ErrorCode::kNotFound) return propagate(known);
  }
  if (!same_id) return {};
  return fail(ErrorCode::kExists, fmt::format("a module has the id {} already", to_string(*id)));
}

struct OpenTable {
  std::unique_ptr<Volume> volume;
  std::unique_ptr<Transaction> transaction;
  std::optional<PackedEditor> editor;
};

Result<OpenTable> open_table(BlockFile& image, const EditOptions& options) {
  OpenTable table;
  VDE_TRY_ASSIGN(volume, Volume::open(image, options));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  VDE_TRY_ASSIGN(slot, code_slot(transaction.slots()));
  table.transaction = std::make_unique<Transaction>(std::move(transaction));
  VDE_TRY_ASSIGN(editor,
                 PackedEditor::open(*table.transaction, volume->allocator(), slot, kModuleTable));
  table.editor.emplace(editor);
  table.volume = std::move(volume);
  return table;
}

Result<void> finish(OpenTable& table) {
  VDE_TRY(table.volume->commit(*table.transaction));
  return table.volume->close();
}

Result<void> append(PackedEditor& editor, const ModuleEntry& entry) {
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return editor.append(record);
}

// Blocks that entries of the table still name stay allocated.
Result<void> free_blocks(OpenTable& table, std::vector<BlockRange> blocks) {
  const auto total = static_cast<uint64_t>(table.transaction->superblock().total_blocks);
  const uint32_t block_size = table.volume->journal().io().block_size();
  Result<void> decoded;
  VDE_TRY(table.editor->walk([&](const PackedRecord& record) {
    Result<Decoded<ModuleEntry>> entry = decode_module_entry(record.bytes);
    if (!entry) decoded = propagate(entry);
    if (!entry) return false;
    if (const auto extent = module_extent(entry->entry, total, block_size))
      blocks = without(blocks, *extent);
    return true;
  }));
  VDE_TRY(std::move(decoded));
  for (const BlockRange& range : blocks)
    VDE_TRY(table.volume->allocator().release_marked(*table.transaction, range));
  return {};
}

Result<Registered> store(BlockFile& image, BlockFile& file, const RegisterOptions& options,
                         const EditOptions& edit, Activity& activity) {
  VDE_TRY(check_entry_point(options.entry));
  VDE_TRY_ASSIGN(size, file.size());
  const ByteSource source = [&](uint64_t at, MutableBytes out) { return file.read(at, out); };
  VDE_TRY_ASSIGN(summary, check_module(source, size, options));
  VDE_TRY_ASSIGN(facts, judge_module(source, size, summary, options.force));
  activity.total += size;
  VDE_TRY(refuse_known(image, source, size, options.id, activity));

  VDE_TRY_ASSIGN(table, open_table(image, edit));
  const uint32_t block_size = table.volume->journal().io().block_size();
  VDE_TRY(table.volume->allocator().check(*table.transaction, table.editor->region()));
  VDE_TRY_ASSIGN(blocks, table.volume->allocator().allocate(*table.transaction,
                                                            module_blocks(size, block_size)));
  ModuleEntry entry;
  VDE_TRY_ASSIGN(hash, write_module(*table.transaction, blocks, source, size, activity));
  entry.hash = hash;
  entry.id = options.id.value_or(id_of(hash));
  entry.first_block = static_cast<int64_t>(blocks.begin);
  entry.block_count = static_cast<int32_t>(blocks.count());
  entry.size = static_cast<int32_t>(size);
  entry.abi = options.abi.value_or(told_abi(summary));
  entry.registered = edit.now;
  entry.entry_point = options.entry;
  // Only a file that changes while it is read gets this far with bytes that are there.
  VDE_TRY_ASSIGN(known, table.editor->find(hash));
  if (known) {
    VDE_TRY_ASSIGN(other, read_entry(*table.editor, *known));
    return is_there(other);
  }
  VDE_TRY(append(*table.editor, entry));
  VDE_TRY(finish(table));
  return Registered{public_module(entry), facts};
}

Result<std::vector<Module>> take_out(BlockFile& image, const std::vector<std::string>& references,
                                     const EditOptions& edit) {
  std::vector<Module> modules;
  {
    VDE_TRY_ASSIGN(cache, CodeCache::open(image));
    for (const std::string& reference : references) {
      VDE_TRY_ASSIGN(module, resolve_module(cache, reference));
      if (std::find(modules.begin(), modules.end(), module) == modules.end())
        modules.push_back(module);
    }
  }
  VDE_TRY_ASSIGN(table, open_table(image, edit));
  const auto total = static_cast<uint64_t>(table.transaction->superblock().total_blocks);
  const uint32_t block_size = table.volume->journal().io().block_size();
  std::vector<BlockRange> blocks;
  for (const Module& module : modules) {
    VDE_TRY_ASSIGN(place, table.editor->find(module.hash));
    if (!place)
      return fail(ErrorCode::kDamaged, fmt::format("module {} is gone", to_string(module.id)));
    VDE_TRY(table.editor->remove(*place));
    // Blocks that make no sense are nobody's to free.
    if (const auto extent = module_extent(entry_of(module), total, block_size))
      blocks.push_back(*extent);
  }
  VDE_TRY(free_blocks(table, std::move(blocks)));
  VDE_TRY(finish(table));
  return modules;
}

}  // namespace

Result<Registered> register_module(BlockFile& image, BlockFile& file,
                                   const RegisterOptions& options, const EditOptions& edit,
                                   Activity& activity) {
  return refused(store(image, file, options, edit, activity));
}

Result<std::vector<Module>> remove_modules(BlockFile& image,
                                           const std::vector<std::string>& references,
                                           const EditOptions& edit) {
  return refused(take_out(image, references, edit));
}

}  // namespace vde

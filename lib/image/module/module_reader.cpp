#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "image/image_state.h"
#include "image/module/code_cache.h"
#include "image/module/wasm_validator.h"
#include "image/region_words.h"
#include "region/extent_choice.h"
#include "region/module_blocks.h"
#include "vde/new_file.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr std::array<std::string_view, 3> kAbiNames = {"preview1", "preview2", "stable"};

// Random access to a module's stored bytes. Every block is verified; the last one is cached.
class StoredBytes {
 public:
  StoredBytes(const BlockIo& io, uint64_t first)
      : io_(io), first_(first), buffer_(io.make_buffer()) {}

  Result<void> read(uint64_t offset, MutableBytes out) {
    const uint32_t payload = payload_size(io_.block_size());
    while (!out.empty()) {
      const uint64_t number = first_ + offset / payload;
      if (held_ != number) {
        held_.reset();
        VDE_TRY(io_.read_checked(number, block_types::kData, buffer_));
        held_ = number;
      }
      const uint64_t at = offset % payload;
      const size_t count = std::min<size_t>(out.size(), payload - at);
      std::copy_n(buffer_.begin() + static_cast<ptrdiff_t>(at), count, out.begin());
      out = out.subspan(count);
      offset += count;
    }
    return {};
  }

 private:
  BlockIo io_;
  uint64_t first_;
  BlockBuffer buffer_;
  std::optional<uint64_t> held_;
};

}  // namespace

struct ModuleReader::State {
  Shown shown;
  Region region;

  [[nodiscard]] const BlockIo& io() const { return shown.committed->io; }
  [[nodiscard]] Result<void> walk(const PackedVisitor& visit) const {
    FileSource source(io(), region.blocks, block_types::kCode);
    return walk_packed(source, kModuleTable, visit);
  }
  // The blocks of a module; kDamaged as module_extent().
  [[nodiscard]] Result<BlockRange> extent(const Module& module) const {
    Result<BlockRange> range =
        module_extent(entry_of(module), shown.committed->regions.blocks(), io().block_size());
    if (!range) range.error().hint = kRunVerify;
    return range;
  }
};

namespace {

Result<void> check_hash(const Module& module, const Opaque<32>& hash) {
  if (hash == module.hash) return {};
  return fail_at(static_cast<uint64_t>(module.first_block), ErrorCode::kDamaged,
                 fmt::format("the bytes of the module have the hash {} instead of {}", to_hex(hash),
                             to_hex(module.hash)),
                 kRunVerify);
}

// The hashes of the bytes of many modules. Entries may name the same blocks: each extent is hashed
// once, and no block more than twice.
class ModuleHashes {
 public:
  ModuleHashes(const ModuleReader::State& reader, std::span<const Module> modules)
      : reader_(reader), choice_(extents_of(modules)), hashes_(choice_.chosen().size()) {}

  // Bytes to hash.
  [[nodiscard]] uint64_t bytes() const {
    uint64_t sum = 0;
    for (const SizedExtent& extent : choice_.chosen()) sum += extent.size;
    return sum;
  }

  [[nodiscard]] Result<void> judge(const Module& module, Activity& activity) {
    VDE_TRY_ASSIGN(blocks, reader_.extent(module));
    const auto size = static_cast<uint64_t>(module.size);
    const std::optional<size_t> position = choice_.find({blocks, size});
    if (!position)
      return fail_at(blocks.begin, ErrorCode::kDamaged,
                     "not hashed, because its blocks belong to several other modules", kRunVerify);
    std::optional<Result<Opaque<32>>>& hash = hashes_[*position];
    if (!hash) hash = hash_of(blocks, size, activity);
    if (!*hash) return tl::make_unexpected(hash->error());
    return check_hash(module, **hash);
  }

 private:
  [[nodiscard]] std::vector<SizedExtent> extents_of(std::span<const Module> modules) const {
    std::vector<SizedExtent> extents;
    for (const Module& module : modules)
      if (const auto blocks = reader_.extent(module))
        extents.push_back({*blocks, static_cast<uint64_t>(module.size)});
    return extents;
  }

  [[nodiscard]] Result<Opaque<32>> hash_of(BlockRange blocks, uint64_t size,
                                           Activity& activity) const {
    const auto nowhere = [](Bytes) { return Result<void>{}; };
    VDE_TRY_ASSIGN(found, reader_.shown.read([&] {
      return read_module(reader_.io(), blocks.begin, size, nowhere, activity);
    }));
    return found.hash;
  }

  const ModuleReader::State& reader_;
  ExtentChoice choice_;
  std::vector<std::optional<Result<Opaque<32>>>> hashes_;
};

}  // namespace

ModuleReader::ModuleReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModuleReader::ModuleReader(ModuleReader&&) noexcept = default;
ModuleReader& ModuleReader::operator=(ModuleReader&&) noexcept = default;
ModuleReader::~ModuleReader() = default;

Result<ModuleReader> Image::modules() const {
  VDE_TRY_ASSIGN(region, state_->committed()->regions.open_region(kCodeWords));
  return ModuleReader(std::make_unique<ModuleReader::State>(
      ModuleReader::State{{state_.get(), state_->committed()}, region}));
}

std::string_view module_abi_name(uint16_t abi) {
  return abi < kAbiNames.size() ? kAbiNames[abi] : "unknown";
}

std::optional<uint16_t> parse_module_abi(std::string_view name) {
  const auto found = std::find(kAbiNames.begin(), kAbiNames.end(), name);
  if (found == kAbiNames.end()) return std::nullopt;
  return static_cast<uint16_t>(found - kAbiNames.begin());
}

Result<void> ModuleReader::list(const std::function<bool(const Module&)>& visit) {
  Result<void> decoded;
  const auto hand_out = [&](const PackedRecord& record) {
    Result<Decoded<ModuleEntry>> entry = decode_module_entry(record.bytes);
    if (!entry) decoded = propagate(entry);
    return entry && visit(public_module(entry->entry));
  };
  VDE_TRY(state_->shown.read([&] { return state_->walk(hand_out); }));
  return decoded;
}

Result<Module> ModuleReader::find(std::string_view reference) {
  const PackedWalk walk = [&](const PackedVisitor& visit) { return state_->walk(visit); };
  return state_->shown.read([&] { return resolve_module(walk, reference); });
}

Result<ModuleFacts> ModuleReader::facts(const Module& module, Activity& activity) {
  VDE_TRY(state_->shown.check());
  VDE_TRY_ASSIGN(extent, state_->extent(module));
  StoredBytes stored(state_->io(), extent.begin);
  const ByteSource source = [&](uint64_t at, MutableBytes out) { return stored.read(at, out); };
  ModuleFacts facts;
  const auto size = static_cast<uint64_t>(module.size);
  Result<WasmSummary> summary = read_wasm(source, size, module.entry_point);
  if (summary)
    facts = facts_of(*summary);
  else if (summary.error().code == ErrorCode::kMalformed)
    facts.problem = summary.error().message;
  else
    return propagate(summary);
  if (!wants_validation(facts, size)) return facts;
  std::vector<uint8_t> bytes;
  const auto keep = [&](Bytes some) {
    bytes.insert(bytes.end(), some.begin(), some.end());
    return Result<void>{};
  };
  VDE_TRY(read(module, activity, keep));
  add_verdict(facts, bytes);
  return facts;
}

Result<void> ModuleReader::read(const Module& module, Activity& activity,
                                const std::function<Result<void>(Bytes)>& sink) {
  VDE_TRY_ASSIGN(extent, state_->extent(module));
  const auto size = static_cast<uint64_t>(module.size);
  activity.total += size;
  VDE_TRY_ASSIGN(found, state_->shown.read([&] {
    return read_module(state_->io(), extent.begin, size, sink, activity);
  }));
  return check_hash(module, found.hash);
}

Result<void> ModuleReader::verify(
    std::span<const Module> modules, Activity& activity,
    const std::function<Result<void>(const Module&, const Result<void>&)>& visit) {
  ModuleHashes hashes(*state_, modules);
  activity.total += hashes.bytes();
  for (const Module& module : modules) {
    const Result<void> verdict = hashes.judge(module, activity);
    if (!verdict && verdict.error().code != ErrorCode::kDamaged)
      return tl::make_unexpected(verdict.error());
    VDE_TRY(visit(module, verdict));
  }
  return {};
}

Result<void> ModuleReader::extract(const Module& module, const std::string& path,
                                   Activity& activity) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error)))
    return fail(ErrorCode::kExists, "already exists", "choose another file name");
  VDE_TRY_ASSIGN(file, NewFile::create(path));
  uint64_t at = 0;
  const auto write = [&](Bytes bytes) {
    const uint64_t offset = at;
    at += bytes.size();
    return file.file().write(offset, bytes);
  };
  VDE_TRY(read(module, activity, write));
  return file.publish(false);
}

}  // namespace vde

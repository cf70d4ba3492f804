#include "vde/modules.h"

#include <doctest/doctest.h>

#include <set>

#include "format/hash.h"
#include "format/region/module_entry.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/module_session.h"
#include "support/strict/strict_reader.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

bool fails_with(const Result<Registered>& result, ErrorCode code) {
  return !result && result.error().code == code;
}

Result<Registered> try_register(BlockFile& image, const std::vector<uint8_t>& bytes,
                                const ModuleOptions& options = {}) {
  MemoryFile file(bytes);
  Activity activity;
  return register_module(image, file, options, kSomeOptions, activity);
}

// kStartModule with another code section.
std::vector<uint8_t> start_with_code(std::string_view code) {
  std::vector<uint8_t> bytes = from_spaced_hex(kStartModule);
  bytes.resize(bytes.size() - 6);
  const std::vector<uint8_t> other = from_spaced_hex(code);
  bytes.insert(bytes.end(), other.begin(), other.end());
  return bytes;
}

ModuleOptions with_id(uint8_t fill) {
  ModuleOptions options;
  options.id = Guid{};
  options.id->bytes.fill(fill);
  return options;
}

// The number of modules.
Result<uint64_t> count_modules(BlockFile& image) {
  uint64_t count = 0;
  VDE_TRY(list_modules(image, [&](const Module&) {
    ++count;
    return true;
  }));
  return count;
}

}  // namespace

TEST_CASE("a module's bytes are returned, and its properties are reported") {
  for (const uint32_t block_size : {512u, 4096u, 65536u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 700, kAllModules});
    const size_t payload = block_size - 16;
    for (const size_t size : {size_t{60}, payload, payload + 1, 3 * payload - 1}) {
      CAPTURE(size);
      const auto bytes = wasm_of_size(size, size);
      const Registered stored = must(try_register(image.file(), bytes));
      CHECK(stored.module.hash == sha256(bytes));
      CHECK(stored.module.size == static_cast<int32_t>(size));
      CHECK(stored.module.block_count == static_cast<int32_t>((size + payload - 1) / payload));
      CHECK(stored.module.abi == kAbiStable);
      CHECK(stored.module.registered == kSomeOptions.now);
      CHECK(stored.module.entry_point == "_start");
      CHECK(to_string(stored.module.id).substr(0, 8) == to_hex(stored.module.hash).substr(0, 8));
      CHECK(stored.facts.entry_exported);
      CHECK(must(resolve_module(image.file(), to_hex(stored.module.hash))) == stored.module);
      CHECK(stored_bytes(image.file(), stored.module) == bytes);
      const auto valid = can_validate_modules() ? ModuleFacts::Validation::kValid
                                                : ModuleFacts::Validation::kNotDone;
      CHECK(stored.facts.validation == valid);
    }
    check_strictly(image, modules_in(image.file()));
  }
}

TEST_CASE("storing the same bytes again is refused with the module's id, and nothing is written") {
  ImageBuilder image;
  const auto bytes = wasm_of_size(5000, 1);
  const Registered first = must(try_register(image.file(), bytes));
  const auto before = image.bytes();
  const auto again = try_register(image.file(), bytes, with_id(7));
  REQUIRE(fails_with(again, ErrorCode::kUnchanged));
  CHECK(again.error().message.find(to_string(first.module.id)) != std::string::npos);
  CHECK(image.bytes() == before);
  // A module of the same size with other bytes can be stored.
  must(try_register(image.file(), wasm_of_size(5000, 2)));
}

TEST_CASE("a failed registration changes nothing") {
  ImageBuilder image;
  must(try_register(image.file(), wasm_of_size(100, 1), with_id(1)));
  const auto before = image.bytes();
  CHECK(fails_with(try_register(image.file(), {'t', 'e', 'x', 't'}), ErrorCode::kMalformed));
  CHECK(fails_with(try_register(image.file(), {}), ErrorCode::kMalformed));
  ModuleOptions entry;
  entry.entry = "run";
  CHECK(fails_with(try_register(image.file(), wasm_of_size(100, 2), entry), ErrorCode::kMalformed));
  entry.entry = std::string(129, 'e');
  CHECK(fails_with(try_register(image.file(), wasm_of_size(100, 2), entry), ErrorCode::kUsage));
  entry.entry = "\xff";
  CHECK(fails_with(try_register(image.file(), wasm_of_size(100, 2), entry), ErrorCode::kUsage));
  CHECK(
      fails_with(try_register(image.file(), wasm_of_size(101, 2), with_id(1)), ErrorCode::kExists));
  const auto left = static_cast<size_t>(256 - 92) * 4080;
  CHECK(image.bytes() == before);
  CHECK(fails_with(try_register(image.file(), wasm_of_size(left + 1, 2)), ErrorCode::kNoSpace));
  CHECK(modules_in(image.file()).size() == 1);
  CHECK_FALSE(verified(image.file()).complains());
}

TEST_CASE("the default entry point is stored, and an empty one if there is none") {
  ImageBuilder image;
  const auto with_export = [](const std::string& item) {
    return from_spaced_hex(std::string(kCorePreamble) + wasm_section(1, "01 60 00 00") +
                           wasm_section(3, "01 00") + wasm_section(7, item) +
                           wasm_section(10, "01 02 00 0b"));
  };
  const auto initialize = with_export("01 0b 5f 69 6e 69 74 69 61 6c 69 7a 65 00 00");
  CHECK(must(try_register(image.file(), initialize)).module.entry_point == "_initialize");
  const Registered library = must(try_register(image.file(), with_export("01 03 61 64 64 00 00")));
  CHECK(library.module.entry_point.empty());
  CHECK_FALSE(library.facts.entry_exported);
  ModuleOptions none;
  none.entry = "";
  CHECK(must(try_register(image.file(), wasm_of_size(100, 1), none)).module.entry_point.empty());
  check_strictly(image, modules_in(image.file()));
}

TEST_CASE("an entry point that is not exported is refused with the exports, unless forced") {
  ImageBuilder image;
  ModuleOptions options;
  options.entry = std::string(128, 'e');
  const auto refused = try_register(image.file(), wasm_of_size(100, 1), options);
  REQUIRE(fails_with(refused, ErrorCode::kMalformed));
  CHECK(refused.error().message.find("'_start'") != std::string::npos);
  options.force = true;
  const Registered stored = must(try_register(image.file(), wasm_of_size(100, 1), options));
  CHECK_FALSE(stored.facts.entry_exported);
  CHECK(stored.module.entry_point == options.entry);
  // A stored module is found before its entry point is checked.
  options.force = false;
  CHECK(
      fails_with(try_register(image.file(), wasm_of_size(100, 1), options), ErrorCode::kUnchanged));
}

TEST_CASE("reading a module stops when asked to") {
  Activity activity;
  activity.stop = true;
  const auto stopped =
      ModuleFile::open(std::make_unique<MemoryFile>(wasm_of_size(100, 1)), {}, activity);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == ErrorCode::kInterrupted);
}

TEST_CASE("malformed bytes are refused also with --force") {
  ImageBuilder image;
  ModuleOptions force;
  force.force = true;
  const std::string no_code =
      std::string(kCorePreamble) + wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00");
  CHECK(fails_with(try_register(image.file(), from_spaced_hex(no_code), force),
                   ErrorCode::kMalformed));
  auto padded = wasm_of_size(100, 1);
  padded.resize(200);
  CHECK(fails_with(try_register(image.file(), padded, force), ErrorCode::kMalformed));
  CHECK(modules_in(image.file()).empty());
}

TEST_CASE("the validator's verdict is a warning, and an error with --strict") {
  if (!can_validate_modules()) return;
  using Validation = ModuleFacts::Validation;
  ImageBuilder image;
  ModuleOptions strict;
  strict.strict = true;
  // It drops a value that does not exist; it has an opcode that is not defined yet.
  for (const auto& [code, verdict] :
       {std::pair("0a 05 01 03 00 1a 0b", Validation::kInvalid),
        std::pair("0a 06 01 04 00 fe 7f 0b", Validation::kNotUnderstood)}) {
    const auto module = start_with_code(code);
    CHECK(fails_with(try_register(image.file(), module, strict), ErrorCode::kMalformed));
    const Registered stored = must(try_register(image.file(), module));
    CHECK(stored.facts.validation == verdict);
    CHECK(stored.facts.validation_note.find(module_validator().version) != std::string::npos);
  }
  must(try_register(image.file(), wasm_of_size(100, 1), strict));
}

TEST_CASE("what is valid without a proposal is called valid, and what needs one too") {
  if (!can_validate_modules()) return;
  const std::string functions = wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00");
  const std::string code = wasm_section(10, "01 02 00 0b");
  const std::string reference = wasm_section(6, "01 70 00 d2 00 0b");
  const std::string memories = wasm_section(5, "02 00 01 00 01");
  ImageBuilder image;
  for (const std::string& sections :
       {functions + reference + code, functions + memories + code,
        functions + memories + reference + code, wasm_section(5, "01 04 01")}) {
    CAPTURE(sections);
    const auto module = from_spaced_hex(std::string(kCorePreamble) + sections);
    const Registered stored = must(try_register(image.file(), module));
    CHECK_MESSAGE(stored.facts.validation == ModuleFacts::Validation::kValid,
                  stored.facts.validation_note);
  }
}

TEST_CASE("the ABI is inferred from imports and layer, or given") {
  ImageBuilder image;
  const auto preview1 = from_spaced_hex(
      "00 61 73 6d 01 00 00 00 02 1d 01 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 76 "
      "69 65 77 31 01 78 02 00 01");
  ModuleOptions force;
  force.force = true;
  CHECK(must(try_register(image.file(), preview1, force)).module.abi == kAbiPreview1);
  const auto component = from_spaced_hex("00 61 73 6d 0d 00 01 00");
  CHECK(must(try_register(image.file(), component, force)).module.abi == kAbiPreview2);
  force.abi = kAbiPreview1;
  CHECK(must(try_register(image.file(), wasm_of_size(77, 1), force)).module.abi == kAbiPreview1);
}

TEST_CASE("a reference is a hash, an id or a unique prefix") {
  ImageBuilder image;
  const Module one = must(try_register(image.file(), wasm_of_size(100, 1), with_id(0x11))).module;
  const Module two = must(try_register(image.file(), wasm_of_size(100, 2), with_id(0x12))).module;
  ModuleOptions third = with_id(0x11);
  third.id->bytes[15] = 0x99;
  const Module three = must(try_register(image.file(), wasm_of_size(100, 3), third)).module;
  const auto error_of = [&](std::string_view reference) {
    const auto found = resolve_module(image.file(), reference);
    REQUIRE_FALSE(found.has_value());
    return found.error();
  };
  std::string upper = to_hex(two.hash);
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  CHECK(must(resolve_module(image.file(), upper)) == two);
  CHECK(must(resolve_module(image.file(), to_hex(one.hash).substr(0, 7))) == one);
  CHECK(must(resolve_module(image.file(), to_string(one.id))) == one);
  CHECK(must(resolve_module(image.file(), to_string(two.id).substr(0, 9))) == two);
  CHECK(error_of("11111111").code == ErrorCode::kUsage);
  CHECK(error_of("11111111").hint.find(to_hex(three.hash)) != std::string::npos);
  CHECK(error_of("121").code == ErrorCode::kNotFound);
  CHECK(error_of("").code == ErrorCode::kNotFound);
  CHECK(error_of("nothing").code == ErrorCode::kNotFound);
  CHECK(error_of(std::string(64, '0')).code == ErrorCode::kNotFound);
}

TEST_CASE("removing frees the blocks, all modules or none") {
  ImageBuilder image;
  const uint64_t free_before = free_blocks(image);
  std::vector<std::string> ids;
  for (uint8_t i = 1; i <= 4; ++i) {
    must(try_register(image.file(), wasm_of_size(9000, i), with_id(i)));
    Guid id;
    id.bytes.fill(i);
    ids.push_back(to_string(id));
  }
  CHECK(free_blocks(image) == free_before - 12);
  const auto before = image.bytes();
  CHECK_FALSE(remove_modules(image.file(), {ids[0], "ffffffff"}, kSomeOptions).has_value());
  CHECK(image.bytes() == before);
  CHECK(must(remove_modules(image.file(), {ids[0], ids[2], ids[0]}, kSomeOptions)).size() == 2);
  CHECK(free_blocks(image) == free_before - 6);
  check_strictly(image, modules_in(image.file()));
  must(remove_modules(image.file(), {ids[1], ids[3]}, kSomeOptions));
  CHECK(free_blocks(image) == free_before);
  check_strictly(image, {});
}

TEST_CASE("damaged bytes are never returned as good, and no file is left") {
  ImageBuilder image;
  const Module module = must(try_register(image.file(), wasm_of_size(9000, 1))).module;
  const TemporaryFolder folder;
  Activity activity;
  must(extract_module(image.file(), module, folder / "good", activity));
  CHECK(read_file(folder / "good") == wasm_of_size(9000, 1));
  const auto taken = extract_module(image.file(), module, folder / "good", activity);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == ErrorCode::kExists);

  const auto first = static_cast<uint64_t>(module.first_block);
  ImageBuilder flipped;
  flipped.bytes() = image.bytes();
  flipped.flip(first + 1, 10);
  ImageBuilder rehashed;
  rehashed.bytes() = image.bytes();
  rehashed.flip(first + 1, 10).rehash(first + 1);
  ImageBuilder missing;
  missing.bytes() = image.bytes();
  missing.wipe(first + 2);
  for (ImageBuilder* damaged : {&flipped, &rehashed, &missing}) {
    const auto result = extract_module(damaged->file(), module, folder / "bad", activity);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kDamaged);
    CHECK(folder.count() == 1);
  }
}

TEST_CASE("removing entries that name foreign blocks frees none of them") {
  ImageBuilder image({4096, 256, "snapshot,compute"});
  const Module one = must(try_register(image.file(), wasm_of_size(9000, 1), with_id(1))).module;
  const Module two = must(try_register(image.file(), wasm_of_size(9000, 2), with_id(2))).module;
  const uint64_t table = image.start("CODE");
  // The second entry now names the first one's blocks.
  edit(image, table, 16 + 82, kModuleEntryLayout, [&](ModuleEntry& entry) {
    entry.first_block = one.first_block;
  }).rehash(table);
  const uint64_t before = free_blocks(image);
  must(remove_modules(image.file(), {to_string(two.id)}, kSomeOptions));
  CHECK(free_blocks(image) == before);
  CHECK(stored_bytes(image.file(), one) == wasm_of_size(9000, 1));
  // And the first one's entry those of the snapshot table.
  edit(image, table, 16, kModuleEntryLayout, [&](ModuleEntry& entry) {
    entry.first_block = static_cast<int64_t>(image.start("SNAP"));
  }).rehash(table);
  must(remove_modules(image.file(), {to_string(one.id)}, kSomeOptions));
  CHECK(free_blocks(image) == before);
}

TEST_CASE("an image without a code cache reports the missing module") {
  ImageBuilder image({4096, 256, "tags"});
  const auto refused = try_register(image.file(), wasm_of_size(100, 1));
  REQUIRE(fails_with(refused, ErrorCode::kUnsupported));
  CHECK(refused.error().message.find("'compute' module") != std::string::npos);
}

TEST_CASE("the samples' modules are listed and read as they were written") {
  int samples = 0;
  for (const std::string& name : vector_names()) {
    const nlohmann::json listing = vector_listing(name);
    if (!listing.contains("modules")) continue;
    CAPTURE(name);
    ++samples;
    MemoryFile file(vector_image(name));
    const std::vector<Module> modules = modules_in(file);
    REQUIRE(modules.size() == listing["modules"].size());
    for (size_t i = 0; i < modules.size(); ++i) {
      const nlohmann::json& listed = listing["modules"][i];
      CHECK(to_hex(modules[i].hash) == listed.at("hash"));
      CHECK(to_string(modules[i].id) == listed.at("id"));
      CHECK(modules[i].first_block == listed.at("first_block"));
      CHECK(modules[i].block_count == listed.at("block_count"));
      CHECK(modules[i].size == listed.at("size"));
      CHECK(modules[i].abi == listed.at("abi"));
      CHECK(modules[i].registered.value == listed.at("registered_ticks"));
      if (listing.at("verdict") != "damaged")
        CHECK(sha256(stored_bytes(file, modules[i])) == modules[i].hash);
    }
  }
  CHECK(samples >= 4);
}

TEST_CASE("the first module and snapshot in another writer's tables need few free blocks") {
  // 64 unwritten blocks each, and a journal of 64 blocks.
  MemoryFile file(vector_image("custom-fresh"));
  must(resize_volume(file, 1296 * 4096, kSomeOptions));
  REQUIRE(must(probe_to_judge(file)).superblock.free_blocks == 5);
  must(try_register(file, wasm_of_size(100, 1)));
  must(create_snapshot(file, {}, kSomeOptions));
  CHECK(verified(file).codes.empty());
  const StrictReader reader(file.bytes());
  CHECK(reader.modules().size() == 1);
  CHECK(reader.snapshots().size() == 1);
}

TEST_CASE("a crash between the steps leaves trailers to the next change") {
  MemoryFile whole(vector_image("custom-fresh"));
  FailingFile counting(whole);
  must(try_register(counting, wasm_of_size(100, 1)));
  const uint64_t writes = counting.count(FileCall::kWrite);
  const auto unwritten = [](MemoryFile& file) {
    const auto view = must(committed_view(file));
    const auto region =
        RegionTable(must(probe_to_judge(*view)).slots, 1400, 0).find(block_types::kCode);
    uint64_t count = 0;
    BlockBuffer buffer(4096);
    const BlockIo io(*view, 4096);
    for (uint64_t block = region->blocks.begin; block < region->blocks.end; ++block)
      if (must(io.read(block, buffer)).is_unwritten()) ++count;
    return count;
  };
  std::set<uint64_t> seen;
  for (uint64_t nth = 1; nth <= writes; ++nth) {
    MemoryFile file(vector_image("custom-fresh"));
    FailingFile failing(file, Failure{FileCall::kWrite, nth, true, ErrorCode::kIo, false});
    static_cast<void>(try_register(failing, wasm_of_size(100, 1)));
    seen.insert(unwritten(file));
    const bool is_there = must(count_modules(file)) > 0;
    const auto again = try_register(file, wasm_of_size(100, 2));
    must(again);
    CHECK(unwritten(file) == 0);
    CHECK(must(count_modules(file)) == (is_there ? 2u : 1u));
    CHECK_FALSE(verified(file).complains());
  }
  // Before the change, after it, and after each step but the last.
  CHECK(seen.size() >= 3);
}

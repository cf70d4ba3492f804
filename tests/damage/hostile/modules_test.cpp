// Code caches with hostile values in every field, or with random bytes, all with valid checksums:
// modules are listed, verified and extracted, or rejected, and wrong bytes are never returned as a
// module. If verify reports no error, another module can be registered.
#include <map>

#include "format/hash.h"
#include "format/region/module_entry.h"
#include "support/allocation_watch.h"
#include "support/effort.h"
#include "support/module_session.h"
#include "support/random_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr size_t kMaxAtOnce = size_t{16} << 20;  // bytes

class ModuleSiege {
 public:
  // Nine modules in three blocks of 512 bytes.
  ModuleSiege() {
    for (size_t i = 0; i < 9; ++i) must(add(wasm_of_size(kMinWasm + i * 200, i), i * 29 % 129));
    sound_ = image_.bytes();
    for (const Module& module : modules_in(image_.file()))
      contents_[module.hash] = stored_bytes(image_.file(), module);
  }

  // Every field of the header and of the first entry of each block, with every value.
  void attack_fields() {
    for (uint64_t index = 0; index < 3; ++index) {
      const size_t at = index == 0 ? kPackedTableHeaderLayout.size() : 0;
      if (index == 0)
        for (const Field& field : kPackedTableHeaderLayout.fields()) attack(0, 0, field);
      for (const Field& field : kModuleEntryLayout.fields()) attack(index, at, field);
    }
  }

  // Changes a few bytes of the table; in half of the cases in fields for places and sizes.
  void attack_at_random(int count, uint64_t seed) {
    Random random(seed);
    const auto below = [&](uint64_t limit) { return random.below(limit); };
    for (int i = 0; i < count; ++i) {
      CAPTURE(i);
      image_.bytes() = sound_;
      for (uint64_t changes = 1 + below(3); changes > 0; --changes) {
        const uint64_t block = image_.start("CODE") + below(4);
        const MutableBytes payload = image_.payload(block);
        const size_t at = below(2) == 0 ? below(payload.size()) : 16 * below(2) + 48 + below(28);
        payload[at] = below(2) == 0 ? static_cast<uint8_t>(random.next())
                                    : static_cast<uint8_t>(payload[at] + 1 - 2 * below(2));
        image_.rehash(block);
      }
      judge();
    }
  }

  int read = 0;      // tables that could be listed
  int reported = 0;  // by an error or warning of verify
  int written = 0;   // tables that took another module
  int images = 0;

 private:
  Result<Registered> add(const std::vector<uint8_t>& bytes, size_t entry) {
    MemoryFile file(bytes);
    ModuleOptions options;
    options.entry = std::string(entry, 'e');
    options.force = true;
    Activity activity;
    return register_module(image_.file(), file, options, kSomeOptions, activity);
  }

  void attack(uint64_t index, size_t offset, const Field& field) {
    const uint64_t block = image_.start("CODE") + index;
    Random random(image_.start("CODE") + offset);
    for (int variant = 0; variant < 8; ++variant) {
      INFO("block ", index, ", ", field.name, ", variant ", variant);
      image_.bytes() = sound_;
      const MutableBytes bytes = image_.payload(block).subspan(offset + field.offset, field.width);
      uint8_t& last = bytes.back();
      if (variant < 2)
        std::fill(bytes.begin(), bytes.end(), variant == 0 ? uint8_t{0} : uint8_t{0xFF});
      if (variant == 2) ++bytes[0];
      if (variant == 3) --bytes[0];
      if (variant == 4) last = static_cast<uint8_t>(last ^ 0x80);
      if (variant == 5) last = 0x7F;
      if (variant > 5) fill_randomly(bytes, random);
      if (image_.bytes() == sound_ || !share_.takes_next()) continue;
      image_.rehash(block);
      judge();
    }
  }

  void judge() {
    ++images;
    reset_largest_allocation();
    const Verified found = verified(image_.file());
    CHECK_FALSE(found.error.has_value());
    reported += found.complains() ? 1 : 0;
    std::vector<Module> all;
    const auto listed = list_modules(image_.file(), [&](const Module& module) {
      all.push_back(module);
      return true;
    });
    if (listed) ++read;
    if (!listed) CHECK(listed.error().code == ErrorCode::kDamaged);
    CHECK((listed.has_value() || found.complains()));
    for (const Module& module : all) extract(module, found.complains());
    change(all, found.complains());
    CHECK(largest_allocation() < kMaxAtOnce);
  }

  // Either bytes with the right hash, or an error.
  void extract(const Module& module, bool complains) {
    std::vector<uint8_t> bytes;
    Activity activity;
    const auto done = read_module_bytes(
        image_.file(), module,
        [&](Bytes some) {
          bytes.insert(bytes.end(), some.begin(), some.end());
          return Result<void>{};
        },
        activity);
    CHECK((done.has_value() || complains));
    if (!done) return;
    CHECK(sha256(bytes) == module.hash);
    CHECK(contents_[module.hash] == bytes);
  }

  void change(const std::vector<Module>& before, bool complains) {
    const auto added = add(wasm_of_size(600, 100), 7);
    CHECK((added.has_value() || complains));
    if (!added || complains) return;
    ++written;
    CHECK(modules_in(image_.file()).size() == before.size() + 1);
    must(remove_modules(image_.file(), {to_string(added->module.id)}, kSomeOptions));
    CHECK(modules_in(image_.file()).size() == before.size());
    CHECK_FALSE(verified(image_.file()).complains());
  }

  ImageBuilder image_{{512, 256, "compute"}};
  Share share_{test_effort()};
  std::vector<uint8_t> sound_;
  std::map<std::array<uint8_t, 32>, std::vector<uint8_t>> contents_;
};

}  // namespace

TEST_CASE(
    "hostile values in the code cache are rejected or reported, and no wrong module is returned") {
  ModuleSiege siege;
  siege.attack_fields();
  MESSAGE(siege.images, " images, ", siege.reported, " reported, ", siege.written, " written to");
  CHECK(siege.images > static_cast<int>(scaled(150, std::min(1.0, test_effort()))));
  CHECK(siege.reported > siege.images / 2);
  CHECK(siege.written > 0);
}

TEST_CASE("random code caches are read or rejected, and never made worse") {
  ModuleSiege siege;
  const int images = static_cast<int>(scaled(600));
  siege.attack_at_random(images, 20261122);
  MESSAGE(siege.read, " read, ", siege.written, " written");
  CHECK(siege.read > images / 10);
  CHECK(siege.written > images / 50);
}

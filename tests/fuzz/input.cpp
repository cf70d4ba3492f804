#include "fuzz/input.h"

#include <algorithm>
#include <set>

#include "base/cursor.h"
#include "format/tag/tag_extension.h"

namespace vde::test {
namespace {

constexpr size_t kMaxEdits = 64;
constexpr uint64_t kGroupBlocks = 4;

class Editor {
 public:
  Editor(ImageBuilder& image, std::string_view region)
      : image_(image), tag_(region), slot_(image.slot_of(region)) {
    const RegionSlot slot = image.slots()[slot_];
    start_ = static_cast<uint64_t>(slot.start);
    count_ = static_cast<uint64_t>(slot.count);
  }

  void edit(Reader& reader) {
    for (size_t i = 0; i < kMaxEdits && !reader.left().empty(); ++i) edit_one(reader);
    for (const uint64_t number : dirty_) update_checksums(number);
  }

 private:
  static uint8_t next(Reader& reader) { return reader.load<uint8_t>().value_or(0); }

  // The region's blocks first, then all others.
  [[nodiscard]] uint64_t block_of(uint8_t number) const {
    if (number < count_ && number < 192) return start_ + number;
    const uint64_t total = image_.bytes().size() / image_.block_size();
    return (number - std::min<uint64_t>(count_, 192)) % total;
  }

  void edit_one(Reader& reader) {
    const uint8_t operation = next(reader);
    const uint64_t block = block_of(next(reader));
    const size_t offset = reader.load<uint16_t>().value_or(0) % payload_size(image_.block_size());
    const MutableBytes at = image_.payload(block).subspan(offset);
    switch (operation % 8) {
      case 4: {
        const MutableBytes from = image_.payload(block_of(next(reader)));
        std::copy(from.begin(), from.end(), image_.payload(block).begin());
        break;
      }
      case 5:
        return edit_slot(reader, offset);
      case 6:
        return taint(block, next(reader));
      case 7: {
        const auto delta = static_cast<int8_t>(next(reader));
        if (at.size() < 4) return;
        store_le(at, 0, load_le<uint32_t>(at, 0) + static_cast<uint32_t>(int32_t{delta}));
        break;
      }
      default: {
        const auto bytes = reader.take(
            std::min<size_t>({operation / 8u % 16 + 1, reader.left().size(), at.size()}));
        if (bytes) std::copy(bytes->begin(), bytes->end(), at.begin());
      }
    }
    dirty_.insert(block);
  }

  // A field of the region's slot, in every table.
  void edit_slot(Reader& reader, size_t field) {
    const int64_t value = reader.load<int32_t>().value_or(0);
    image_.slot(slot_, [&](RegionSlot& slot) {
      if (field % 4 == 0) slot.start = value;
      if (field % 4 == 1) slot.count = value;
      if (field % 4 == 2) slot.used = value;
      if (field % 4 == 3) slot.flags = static_cast<uint32_t>(value);
    });
  }

  // Damage that no checksum covers.
  void taint(uint64_t block, uint8_t how) {
    if (how % 4 == 0) image_.wipe(block);
    if (how % 4 == 1) image_.flip(block, 0);
    if (how % 4 == 2) image_.set_tag(block, "DATA");
    if (how % 4 == 3) {
      const MutableBytes payload = image_.payload(block);
      std::fill(payload.begin(), payload.end(), uint8_t{how});
      image_.rehash(block);
    }
  }

  void update_checksums(uint64_t number) {
    if (tag_ == "TAGI" && number == start_) {
      if (const auto record = record_of(image_.payload(number)))
        encode_tag_extension(*record, image_.payload(number));
    }
    image_.rehash(number);
    if (number == kDirectoryStart) image_.fit_directory();
    if (number >= kGroupBlocks) return;
    const MutableBytes from = image_.block(number);
    std::copy(from.begin(), from.end(), image_.block(number + kGroupBlocks).begin());
  }

  // Decodes the extension record without checking its hash; nothing if there never was one.
  static std::optional<TagExtension> record_of(Bytes payload) {
    const Bytes bytes = payload.last(kTagExtensionLayout.size());
    const TagExtension record = kTagExtensionLayout.decode(bytes);
    if (record.mark != TagExtension{}.mark) return std::nullopt;
    return record;
  }

  ImageBuilder& image_;
  std::string_view tag_;
  size_t slot_;
  uint64_t start_ = 0;
  uint64_t count_ = 0;
  std::set<uint64_t> dirty_;
};

}  // namespace

void apply_edits(ImageBuilder& image, std::string_view region, Bytes edits) {
  Reader reader(edits);
  Editor(image, region).edit(reader);
}

FuzzImage image_of_input(Bytes input) {
  Reader reader(input);
  const auto base = static_cast<FuzzBase>(reader.load<uint8_t>().value_or(0) % kFuzzBases);
  const uint8_t play = reader.load<uint8_t>().value_or(0);
  ImageBuilder& sound = fuzz_base(base);
  FuzzImage result{base, {}, std::make_unique<ImageBuilder>(sound.bytes(), sound.block_size())};
  result.play.choice = play & 3;
  result.play.changes = (play & 4) != 0;
  result.play.stats = (play & 0xF3) == 0x70;
  result.play.mapped = (play & 8) != 0;
  result.play.streamed = (play & 0xA0) == 0xA0;
  result.play.metadata = (play & 0x90) == 0x90;
  Editor(*result.image, fuzzed_region(base)).edit(reader);
  return result;
}

}  // namespace vde::test

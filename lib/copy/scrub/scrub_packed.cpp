// The snapshot table and the code cache: ids, places and times stay, texts become zeros of the same
// length, so that all entries keep their places.
#include <algorithm>

#include "copy/scrub/may_stay.h"
#include "copy/scrub/region_scrubber.h"
#include "format/hash.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"

namespace vde {
namespace {

class PackedScrubber : public RegionScrubber {
 public:
  PackedScrubber(const PackedShape& shape, std::string_view name, std::span<const Field> fields)
      : shape_(shape), name_(name), fields_(fields) {}

  // Entries after the last counted one are left over. Without the header nobody knows which are.
  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const Bytes payload = block.payload();
    if (index == 0) {
      keep_fields(kPackedTableHeaderLayout, payload, to);
      left_ = kPackedTableHeaderLayout.decode(payload).count;
    }
    PackedCursor cursor(shape_, payload, index == 0);
    for (; left_ > 0 && !cursor.at_end(); --left_) {
      const size_t at = cursor.offset();
      const Result<Bytes> record = cursor.next();
      if (!record) break;
      keep_record(*record, to.subspan(at, record->size()));
    }
    return {};
  }

 protected:
  virtual void keep_record(Bytes record, MutableBytes to) {
    keep_fields(name_, fields_, record.first(shape_.fixed_size), to);
  }

 private:
  const PackedShape& shape_;
  std::string_view name_;
  std::span<const Field> fields_;
  int64_t left_ = 0;  // entries that are counted and were not seen yet
};

// The SHA-256 of a module confirms a guess of its content, and ids are often the start of it.
// Others take their places: equal ones stay equal, and the salt is forgotten.
class ModuleScrubber : public PackedScrubber {
 public:
  ModuleScrubber()
      : PackedScrubber(kModuleShape, kModuleEntryLayout.name(), kModuleEntryLayout.fields()),
        salt_{random_guid(), random_guid()} {}

 protected:
  void keep_record(Bytes record, MutableBytes to) override {
    PackedScrubber::keep_record(record, to);
    const Opaque<32> hash = salted(record.first(kModuleShape.key_size));
    const Opaque<32> id = salted(record.subspan(kModuleShape.key_size, sizeof(Guid)));
    std::copy(hash.begin(), hash.end(), to.begin());
    std::copy_n(id.begin(), sizeof(Guid), to.begin() + kModuleShape.key_size);
  }

 private:
  [[nodiscard]] Opaque<32> salted(Bytes bytes) const {
    Sha256Stream stream;
    for (const Guid& part : salt_) stream.add(part.bytes);
    stream.add(bytes);
    return stream.finish();
  }

  std::array<Guid, 2> salt_;
};

}  // namespace

std::unique_ptr<RegionScrubber> make_packed_scrubber(const PlacedRegion& region) {
  if (region.content == block_types::kCode) return std::make_unique<ModuleScrubber>();
  return std::make_unique<PackedScrubber>(kSnapshotShape, kSnapshotEntryLayout.name(),
                                          kSnapshotEntryLayout.fields());
}

}  // namespace vde

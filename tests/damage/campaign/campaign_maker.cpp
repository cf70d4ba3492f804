#include "damage/campaign/campaign_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "image/write_image.h"
#include "io/memory_file.h"
#include "region/bitmap_guard.h"
#include "support/must.h"
#include "support/random_bytes.h"
#include "support/vectors.h"
#include "support/wasm_bytes.h"

namespace vde::test {
namespace {

// Fifty inodes.
TagEntry numbered_tag(int i) {
  return {fmt::format("key{:06}", i * 7919 % 100'000),
          std::string(static_cast<size_t>(i * 13 % 24), static_cast<char>('a' + i % 26)), i % 50,
          i % 3};
}

}  // namespace

ImageMaker::ImageMaker(uint32_t block_size, uint64_t blocks, std::string_view features)
    : file_(std::make_shared<FrozenImage>()), block_size_(block_size) {
  CreateOptions options;
  options.size = blocks * block_size;
  options.block_size = block_size;
  options.label = "campaign";
  options.uuid = parse_guid("00112233-4455-6677-8899-aabbccddeeff").value();
  options.modules = must(parse_modules(features));
  options.now = from_unix_seconds(1'700'000'000);
  const Activity activity;
  must(write_image(file_, must(plan_image(options)), activity));
}

ImageMaker::ImageMaker(const std::string& sample)
    : file_(std::make_shared<FrozenImage>(vector_image(sample))), block_size_(4096) {}

ImageMaker& ImageMaker::keep() {
  older_.push_back(file_.freeze());
  return *this;
}

ImageMaker& ImageMaker::set_tags(int first, int count) {
  const auto writer = must(TagWriter::open(file_, edit()));
  for (int i = first; i < first + count; ++i) must(writer->set(numbered_tag(i)));
  must(writer->commit());
  must(writer->close());
  return *this;
}

ImageMaker& ImageMaker::leave_waiting(int first, int count, int commits) {
  Image image = must(open_to_change(file_, edit()));
  for (int commit = 0; commit < commits; ++commit) {
    keep();
    Change change = must(image.begin());
    for (int i = first; i < first + count; ++i) must(change.tags().set(numbered_tag(i)));
    first += count;
    SnapshotOptions wish;
    wish.label = "waits";
    wish.id = Guid{};
    fill_randomly(wish.id->bytes, random_);
    must(change.snapshots().create(wish));
    must(change.commit({.checkpoint = false}));
  }
  return *this;
}

ImageMaker& ImageMaker::remove_tags(int first, int count) {
  const auto writer = must(TagWriter::open(file_, edit()));
  for (int i = first; i < first + count; ++i)
    must(writer->remove(numbered_tag(i).key, numbered_tag(i).inode));
  must(writer->commit());
  must(writer->close());
  return *this;
}

ImageMaker& ImageMaker::import_tags(int first, int count) {
  const auto import = must(TagImport::open(file_, {}, edit()));
  for (int i = first; i < first + count; ++i) {
    const TagEntry entry = numbered_tag(i);
    must(import->add({entry.key, entry.value, entry.inode, entry.block}, 1));
  }
  Activity activity;
  must(import->finish(activity));
  return *this;
}

ImageMaker& ImageMaker::add_snapshots(int count) {
  for (int i = 0; i < count; ++i, ++snapshots_) {
    SnapshotOptions wish;
    wish.label = std::string(random_.below(30), 's');
    wish.id = Guid{};
    fill_randomly(wish.id->bytes, random_);
    if (last_ && snapshots_ % 7 != 0) wish.parent = to_string(*last_);
    last_ = must(create_snapshot(file_, wish, edit())).id;
    if (snapshots_ % 5 == 4)
      must(delete_snapshots(file_, std::vector<std::string>{to_string(*last_)}, edit()));
  }
  return *this;
}

ImageMaker& ImageMaker::add_modules(int count, size_t size) {
  for (int i = 0; i < count; ++i, ++modules_) {
    MemoryFile bytes(component_of_size(kMinWasm + size + random_.below(200), modules_));
    ModuleOptions options;
    options.entry = std::string(random_.below(100), 'e');
    options.force = true;
    Activity activity;
    ids_.push_back(must(register_module(file_, bytes, options, edit(), activity)).module.id);
  }
  return *this;
}

ImageMaker& ImageMaker::remove_module(size_t index) {
  must(remove_modules(file_, {to_string(ids_[index])}, edit()));
  ids_.erase(ids_.begin() + static_cast<ptrdiff_t>(index));
  return *this;
}

ImageMaker& ImageMaker::take(uint64_t count) {
  with_volume([&](Volume& volume, Transaction& transaction) {
    taken_.push_back(must(volume.allocator().allocate(transaction, count)));
  });
  return *this;
}

ImageMaker& ImageMaker::give_back() {
  with_volume([&](Volume& volume, Transaction& transaction) {
    for (const BlockRange& range : taken_) must(volume.allocator().release(transaction, range));
  });
  taken_.clear();
  return *this;
}

ImageMaker& ImageMaker::punch_bitmap() {
  const auto volume = must(try_open_volume(file_, edit()));
  const BlockRange bitmap = must(bitmap_region(volume->journal().regions())).blocks;
  for (uint64_t n = bitmap.begin + 1; n < bitmap.end; ++n)
    if (all_zero(Bytes(file_.block(n, block_size_)).first(payload_size(block_size_))))
      must(file_.zero({n * block_size_, (n + 1) * block_size_}));
  return *this;
}

ImageMaker& ImageMaker::add_foreign(uint64_t count) {
  with_volume([&](Volume& volume, Transaction& transaction) {
    const BlockRange run = must(volume.allocator().allocate(transaction, count));
    std::vector<uint8_t> block(block_size_);
    for (uint64_t n = run.begin; n < run.end; ++n) {
      std::fill(block.begin(), block.end(), static_cast<uint8_t>(n | 1));
      must(transaction.write_direct(n, block_types::kData, block));
    }
  });
  return *this;
}

CampaignBase ImageMaker::make(std::string name) {
  return make_base(std::move(name), file_.freeze(), std::move(older_));
}

EditOptions ImageMaker::edit() {
  return {Ticks{638'000'000'000'000'000 + kTicksPerSecond * ++edits_}, false};
}

template <class Action>
void ImageMaker::with_volume(Action action) {
  const auto volume = must(try_open_volume(file_, edit()));
  Transaction transaction = must(volume->begin());
  action(*volume, transaction);
  must(volume->commit(transaction));
  must(volume->close());
}

}  // namespace vde::test

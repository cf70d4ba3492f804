// Tags in an image, through the library.
#include <cstdio>
#include <optional>

#include "support/must.h"
#include "tag_store.h"
#include "vde/create.h"
#include "vde/image.h"

namespace {

using namespace vde;
using test::must;

std::string image_path(const std::string& folder) {
  return folder + "/image.dwvd";
}

class VdeTags : public TagStore {
 public:
  VdeTags(const std::string& folder, uint64_t count) : path_(image_path(folder)) {
    if (std::FILE* there = std::fopen(path_.c_str(), "r"))
      std::fclose(there);
    else
      make(path_, count);
  }

  void load(const std::vector<TagText>& tags, bool /*sorted*/) override {
    TagBatch batch;
    uint64_t line = 0;
    for (const TagText& tag : tags)
      must(batch.add({tag.key(), tag.value(), tag.number, block_of(tag.number)}, ++line));
    Change change = must(image().begin());
    Activity activity;
    must(change.tags().import(batch, {}, activity));
    must(change.commit());
  }

  void open_for_reading() override {
    reader_.reset();
    reader_.emplace(must(image().tags()));
  }

  bool get(std::string_view key) override {
    return must(reader_->get(key, std::nullopt, [this](const TagView& entry) {
             seen_ += static_cast<uint8_t>(entry.value.back());
             return true;
           })) > 0;
  }

  uint64_t scan(std::string_view prefix) override {
    TagQuery query;
    query.prefix = prefix;
    return must(reader_->find(query, [this](const TagView& entry) {
      seen_ += static_cast<uint8_t>(entry.value.back());
      return true;
    }));
  }

  void insert(std::string_view key, std::string_view value, uint64_t inode) override {
    Change change = must(image().begin());
    must(change.tags().set({std::string(key), std::string(value), static_cast<int64_t>(inode), 0}));
    must(change.commit({.checkpoint = false}));
  }
  void settle() override { must(image().checkpoint()); }

  uint64_t bytes() override {
    open_for_reading();
    Activity activity;
    return must(reader_->stats(activity)).region_blocks * kBlock;
  }

 private:
  static constexpr uint64_t kBlock = 4096;

  // Room for two indexes, with the largest journal that `format` chooses.
  static void make(const std::string& path, uint64_t count) {
    CreateOptions options;
    options.size = (uint64_t{256} << 20) + count * 160 / kBlock * kBlock;
    options.uuid.bytes[0] = 1;
    options.modules = must(parse_modules("tags"));
    Activity activity;
    must(create_image(path, must(plan_image(options)), {}, activity));
  }

  // Opens the image at the first call, which is part of the measured time.
  Image& image() {
    if (!image_) {
      OpenOptions options;
      options.mode = OpenMode::kReadWrite;
      options.map = true;
      image_.emplace(must(Image::open(path_, options)));
    }
    return *image_;
  }

  std::string path_;
  std::optional<Image> image_;
  std::optional<TagReader> reader_;
  uint64_t seen_ = 0;  // keeps reading from being optimized away
};

}  // namespace

std::unique_ptr<TagStore> open_vde_tags(const std::string& folder, uint64_t count) {
  return std::make_unique<VdeTags>(folder, count);
}

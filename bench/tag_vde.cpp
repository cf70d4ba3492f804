// Tags in an image, through the library.
#include <cstdio>

#include "tag_store.h"
#include "vde/create.h"
#include "vde/tags.h"

namespace {

using namespace vde;

template <class T>
T must(Result<T> result) {
  if (!result) give_up("vde: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::string image_path(const std::string& folder) {
  return folder + "/image.dwvd";
}

class VdeTags : public TagStore {
 public:
  VdeTags(const std::string& folder, uint64_t count) {
    const std::string path = image_path(folder);
    if (std::FILE* there = std::fopen(path.c_str(), "r"))
      std::fclose(there);
    else
      make(path, count);
    file_ = must(open_image(path, OpenMode::kReadWrite));
    must(file_->lock(LockMode::kExclusive, std::chrono::milliseconds(0)));
  }

  void load(const std::vector<TagText>& tags, bool /*sorted*/) override {
    auto import = must(TagImport::open(*file_, {}, {}));
    uint64_t line = 0;
    for (const TagText& tag : tags)
      must(import->add({tag.key(), tag.value(), tag.number, block_of(tag.number)}, ++line));
    Activity activity;
    must(import->finish(activity));
  }

  void open_for_reading() override { reader_ = must(TagReader::open(*file_, {.map = true})); }

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
    if (!writer_) writer_ = must(TagWriter::open(*file_, {}));
    must(writer_->set({std::string(key), std::string(value), static_cast<int64_t>(inode), 0}));
    must(writer_->commit());
  }
  void settle() override { must(writer_->close()); }

  uint64_t bytes() override {
    open_for_reading();
    Activity activity;
    return must(reader_->stats(activity)).region_blocks * kBlock;
  }

 private:
  static constexpr uint64_t kBlock = 4096;

  // Room for two indexes, with the largest journal that `format` makes by itself.
  static void make(const std::string& path, uint64_t count) {
    CreateOptions options;
    options.size = (uint64_t{256} << 20) + count * 160 / kBlock * kBlock;
    options.uuid.bytes[0] = 1;
    options.modules = must(parse_modules("tags"));
    Activity activity;
    must(create_image(path, must(plan_image(options)), false, std::chrono::milliseconds(0),
                      activity));
  }

  std::unique_ptr<BlockFile> file_;
  std::unique_ptr<TagReader> reader_;
  std::unique_ptr<TagWriter> writer_;
  uint64_t seen_ = 0;  // so that looking at entries is not optimised away
};

}  // namespace

std::unique_ptr<TagStore> open_vde_tags(const std::string& folder, uint64_t count) {
  return std::make_unique<VdeTags>(folder, count);
}

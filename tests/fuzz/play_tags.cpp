#include <algorithm>

#include "fuzz/play_parts.h"
#include "support/must.h"

namespace vde::test {
namespace {

// The image's bytes as a mapping of a file.
class ShownBytes : public FileMapping {
 public:
  explicit ShownBytes(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] Bytes bytes() const override { return bytes_; }

 private:
  Bytes bytes_;
};

class MappedFile : public MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override {
    return std::make_unique<ShownBytes>(Bytes(bytes()).subspan(range.begin, range.length()));
  }
};

struct Listed {
  std::vector<TagEntry> entries;
  bool whole = false;  // the walk reached its end
};

class TagPlay {
 public:
  TagPlay(FuzzImage& fuzz, IsClean clean)
      : fuzz_(fuzz), clean_(clean), max_(fuzz.image->bytes().size() / 18 * 2) {}

  void run() {
    read();
    if (!fuzz_.play.changes) return;
    const std::vector<TagEntry> before = all_.entries;
    change(before);
    if (clean_) promise_clean(*fuzz_.image);
    read();
  }

 private:
  // The entries that a query returns. Stops if there are more than the image can hold.
  Listed list(TagReader& reader, const TagQuery& query) const {
    Listed listed;
    size_t count = 0;
    const auto found = reader.find(query, [&](const TagView& view) {
      promise(++count <= max_, "a walk over the tags is endless");
      listed.entries.push_back(
          {std::string(view.key), std::string(view.value), view.inode, view.block});
      return true;
    });
    listed.whole = found.has_value();
    if (found) promise(*found == listed.entries.size(), "find returns a wrong count");
    if (!found && clean_) give_up("a clean index cannot be read: " + found.error().message);
    return listed;
  }

  void read() {
    const auto view = committed_view(fuzz_.image->file());
    if (!view) return promise(!clean_, "a clean image has no view");
    std::vector<uint8_t> bytes(must((*view)->size()));
    static_cast<void>((*view)->read(0, bytes));
    MappedFile file(std::move(bytes));
    const auto reader = try_open_tags(file, fuzz_.play.mapped);
    if (!reader) return refused(reader.error());
    read_all(**reader);
    find_some(**reader);
    if (!fuzz_.play.stats) return;
    Activity activity;
    const auto stats = (*reader)->stats(activity);
    promise(stats.has_value() || !clean_, "a clean index has no statistics");
  }

  void read_all(TagReader& reader) {
    all_ = list(reader, {});
    TagQuery query;
    query.reverse = true;
    Listed backwards = list(reader, query);
    if (!clean_) return;
    std::reverse(backwards.entries.begin(), backwards.entries.end());
    promise(all_.entries == backwards.entries, "the two directions return different entries");
    promise(all_.entries.size() == reader.entry_count(), "the header has a wrong count");
  }

  // Looks up every eleventh entry by key, by key and inode, by prefix and by range.
  void find_some(TagReader& reader) {
    std::vector<TagEntry> wanted{{"k63", "", 9, 0}, {"many", "", 7, 0}, {"", "", 0, 0}};
    for (size_t i = fuzz_.play.choice; i < all_.entries.size() && wanted.size() < 40; i += 11)
      wanted.push_back(all_.entries[i]);
    for (const TagEntry& entry : wanted) {
      find_key(reader, entry.key);
      uint64_t visited = 0;
      const auto one = reader.get(entry.key, entry.inode, [&](const TagView& view) {
        promise(view.key == entry.key && view.inode == entry.inode, "get returns another entry");
        return ++visited <= max_;
      });
      if (clean_)
        promise(one.has_value() && (*one > 0) == is_there(entry), "an inode is not found");
      TagQuery query;
      query.prefix = entry.key.substr(0, 2);
      query.reverse = fuzz_.play.choice > 1;
      check_query(list(reader, query), query);
      query.from = entry.key;
      query.to = entry.key + "5";
      check_query(list(reader, query), query);
    }
  }

  [[nodiscard]] bool is_there(const TagEntry& entry) const {
    return std::any_of(all_.entries.begin(), all_.entries.end(), [&](const TagEntry& other) {
      return other.key == entry.key && other.inode == entry.inode;
    });
  }

  void find_key(TagReader& reader, const std::string& key) {
    uint64_t visited = 0;
    const auto found = reader.get(key, std::nullopt, [&](const TagView& view) {
      promise(view.key == key, "get returns another key");
      promise(++visited <= max_, "a run of equal keys is endless");
      return true;
    });
    if (!clean_) return;
    const auto there = std::count_if(all_.entries.begin(), all_.entries.end(),
                                     [&](const TagEntry& entry) { return entry.key == key; });
    promise(found.has_value() && *found == static_cast<uint64_t>(there), "a key is not found");
  }

  void check_query(const Listed& listed, const TagQuery& query) const {
    if (!clean_) return;
    const auto wanted = std::count_if(all_.entries.begin(), all_.entries.end(), [&](const auto& e) {
      return e.key.starts_with(query.prefix) && (!query.from || e.key >= *query.from) &&
             (!query.to || e.key <= *query.to);
    });
    promise(listed.entries.size() == static_cast<size_t>(wanted), "a query returns other entries");
  }

  void change(const std::vector<TagEntry>& before) {
    const auto writer = TagWriter::open(fuzz_.image->file(), kFuzzEdit);
    if (!writer) return refused(writer.error());
    for (size_t i = fuzz_.play.choice; i < before.size(); i += 3) {
      const auto removed = (*writer)->remove(before[i].key, before[i].inode);
      if (!removed) return refused(removed.error());
    }
    for (int i = 0; i < 30; ++i) {
      const std::string key = i % 3 == 0 ? "many" : "k" + std::to_string(i * 31);
      const auto set = (*writer)->set({key, std::string(static_cast<size_t>(i * 8), 's'), i, 0});
      if (!set && set.error().code != ErrorCode::kUsage) return refused(set.error());
    }
    if (fuzz_.play.choice == 3) static_cast<void>((*writer)->remove_all(7));
    if (const auto done = (*writer)->commit(); !done) return refused(done.error());
    if (const auto done = (*writer)->close(); !done) refused(done.error());
  }

  void refused(const Error& error) const {
    if (clean_) promise_refusal(error);
  }

  FuzzImage& fuzz_;
  IsClean clean_;
  size_t max_;  // entries that the image has room for, times two
  Listed all_;
};

}  // namespace

void play_tags(FuzzImage& fuzz, IsClean clean) {
  TagPlay(fuzz, clean).run();
}

}  // namespace vde::test

// Something that holds tags in key order: an image, or a peer of its kind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A tag as all stores get it: number n has the key "category\0subSSSSS\0nameNNNNNNNN" with N = n
// and S = n / 1000, a value of 12 bytes, the inode n and the block 2 n.
struct TagText {
  explicit TagText(uint64_t n = 0);

  [[nodiscard]] std::string_view key() const { return {bytes, 30}; }
  // A key that no tag has, and that lies between those that are there.
  [[nodiscard]] std::string_view missing_key() const { return {bytes, 31}; }
  // What the keys of its sub, and no others, begin with.
  [[nodiscard]] std::string_view prefix() const { return {bytes, 18}; }
  [[nodiscard]] std::string_view value() const { return {bytes + 31, 12}; }

  char bytes[43];
  uint32_t number;
};
inline constexpr uint64_t kNamesASub = 1000;

// The block address that the tag of this number names: one that the smallest image has.
[[nodiscard]] constexpr int64_t block_of(uint64_t number) {
  return static_cast<int64_t>(number % 50000);
}

// The tags of the numbers below `count`, written out beforehand: ascending, or in an order without
// pattern, the same one each time.
[[nodiscard]] std::vector<TagText> make_tags(uint64_t count, bool shuffled);

class TagStore {
 public:
  TagStore() = default;
  TagStore(const TagStore&) = delete;
  TagStore& operator=(const TagStore&) = delete;
  virtual ~TagStore() = default;

  // All ends the program, saying why, where something fails.

  // Adds `tags` to an empty store, durably. Timed.
  virtual void load(const std::vector<TagText>& tags, bool sorted) = 0;
  // Makes ready for reading, anew: what an earlier one has verified counts no more. Not timed.
  virtual void open_for_reading() = 0;
  // Whether the key is there.
  virtual bool get(std::string_view key) = 0;
  // The number of entries whose keys begin with `prefix`, each of them looked at.
  virtual uint64_t scan(std::string_view prefix) = 0;
  // One tag more, on the disk when it returns.
  virtual void insert(std::string_view key, std::string_view value, uint64_t inode) = 0;
  // Takes home what waits in a log.
  virtual void settle() {}
  // What the tags take.
  virtual uint64_t bytes() = 0;
};

// Each opens its file in `folder`, or makes it, empty, where it is not there.
std::unique_ptr<TagStore> open_vde_tags(const std::string& folder, uint64_t count);
std::unique_ptr<TagStore> open_lmdb_tags(const std::string& folder, uint64_t count);
std::unique_ptr<TagStore> open_sqlite_tags(const std::string& folder, uint64_t count);

// Has SQLite check all of the file that it made in `folder`; ends the program where that finds a
// fault.
void check_sqlite_tags(const std::string& folder);

[[noreturn]] void give_up(const std::string& why);

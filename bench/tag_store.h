// Something that stores tags in key order: an image, or a comparable store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A tag, the same for all stores: number n has the key "category\0subSSSSS\0nameNNNNNNNN" with N =
// n and S = n / 1000, a value of 12 bytes, the inode n and the block 2 n.
struct TagText {
  explicit TagText(uint64_t n = 0);

  [[nodiscard]] std::string_view key() const { return {bytes, 30}; }
  // A key that no tag has, and that sorts between existing ones.
  [[nodiscard]] std::string_view missing_key() const { return {bytes, 31}; }
  // The prefix that exactly the keys of its sub have.
  [[nodiscard]] std::string_view prefix() const { return {bytes, 18}; }
  [[nodiscard]] std::string_view value() const { return {bytes + 31, 12}; }

  char bytes[43];
  uint32_t number;
};
inline constexpr uint64_t kNamesASub = 1000;

// The block address in the tag with this number: one that the smallest image has.
[[nodiscard]] constexpr int64_t block_of(uint64_t number) {
  return static_cast<int64_t>(number % 50000);
}

// The tags with numbers less than `count`, prepared in memory: ascending, or in a pseudo-random
// order that is always the same.
[[nodiscard]] std::vector<TagText> make_tags(uint64_t count, bool shuffled);

class TagStore {
 public:
  TagStore() = default;
  TagStore(const TagStore&) = delete;
  TagStore& operator=(const TagStore&) = delete;
  virtual ~TagStore() = default;

  // If something fails, all functions print the reason and end the program.

  // Adds `tags` to an empty store, durably. Timed.
  virtual void load(const std::vector<TagText>& tags, bool sorted) = 0;
  // Prepares for reading, without any state of earlier readings. Not timed.
  virtual void open_for_reading() = 0;
  // True if the key exists.
  virtual bool get(std::string_view key) = 0;
  // Reads the entries whose keys start with `prefix`, and returns their number.
  virtual uint64_t scan(std::string_view prefix) = 0;
  // Adds one tag, durably.
  virtual void insert(std::string_view key, std::string_view value, uint64_t inode) = 0;
  // Writes back what is in a log.
  virtual void settle() {}
  // The disk space of the tags.
  virtual uint64_t bytes() = 0;
};

// Each opens its file in `folder`, or creates an empty one.
std::unique_ptr<TagStore> open_vde_tags(const std::string& folder, uint64_t count);
std::unique_ptr<TagStore> open_lmdb_tags(const std::string& folder, uint64_t count);
std::unique_ptr<TagStore> open_sqlite_tags(const std::string& folder, uint64_t count);

// Lets SQLite check the file that it created in `folder`; ends the program if it finds a fault.
void check_sqlite_tags(const std::string& folder);

[[noreturn]] void give_up(const std::string& why);

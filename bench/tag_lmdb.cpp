// Tags in LMDB with its default settings; values are followed by inode and block.
#include <lmdb.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

#include "tag_store.h"

namespace {

class LmdbTags : public TagStore {
 public:
  explicit LmdbTags(const std::string& folder) : path_(folder + "/peer.lmdb") {
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, size_t{4} << 30));
    check(mdb_env_open(environment_, path_.c_str(), MDB_NOSUBDIR, 0644));
    MDB_txn* transaction = begin(0);
    check(mdb_dbi_open(transaction, nullptr, 0, &database_));
    check(mdb_txn_commit(transaction));
  }
  ~LmdbTags() override {
    close_reading();
    mdb_env_close(environment_);
  }

  void load(const std::vector<TagText>& tags, bool sorted) override {
    MDB_txn* transaction = begin(0);
    for (const TagText& tag : tags)
      put(transaction, tag.key(), tag.value(), tag.number, sorted ? MDB_APPEND : 0U);
    check(mdb_txn_commit(transaction));
  }

  void open_for_reading() override {
    close_reading();
    reading_ = begin(MDB_RDONLY);
    check(mdb_cursor_open(reading_, database_, &cursor_));
  }

  bool get(std::string_view key) override {
    MDB_val wanted = as_value(key);
    MDB_val found{};
    const int status = mdb_get(reading_, database_, &wanted, &found);
    if (status == MDB_NOTFOUND) return false;
    check(status);
    look_at(found);
    return true;
  }

  uint64_t scan(std::string_view prefix) override {
    MDB_val key = as_value(prefix);
    MDB_val value{};
    uint64_t count = 0;
    // LMDB has no empty keys.
    int status = mdb_cursor_get(cursor_, &key, &value, prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (status == 0 && key.mv_size >= prefix.size() &&
           std::memcmp(key.mv_data, prefix.data(), prefix.size()) == 0) {
      look_at(value);
      ++count;
      status = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT);
    }
    if (status != MDB_NOTFOUND) check(status);
    return count;
  }

  void insert(std::string_view key, std::string_view value, uint64_t inode) override {
    MDB_txn* transaction = begin(0);
    put(transaction, key, value, inode, 0);
    check(mdb_txn_commit(transaction));
  }

  uint64_t bytes() override {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) give_up("LMDB: no file");
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  static void check(int status) {
    if (status != 0) give_up(std::string("LMDB: ") + mdb_strerror(status));
  }
  static MDB_val as_value(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
  }
  MDB_txn* begin(unsigned flags) {
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_, nullptr, flags, &transaction));
    return transaction;
  }
  void put(MDB_txn* transaction, std::string_view key, std::string_view value, uint64_t n,
           unsigned flags) const {
    std::array<char, 64> bytes{};
    const uint64_t numbers[] = {n, static_cast<uint64_t>(block_of(n))};
    std::memcpy(bytes.data(), value.data(), value.size());
    std::memcpy(bytes.data() + value.size(), numbers, sizeof numbers);
    MDB_val key_bytes = as_value(key);
    MDB_val value_bytes{value.size() + sizeof numbers, bytes.data()};
    check(mdb_put(transaction, database_, &key_bytes, &value_bytes, flags));
  }
  void look_at(const MDB_val& value) {
    seen_ += static_cast<const uint8_t*>(value.mv_data)[value.mv_size - 17];
  }
  void close_reading() {
    if (reading_ == nullptr) return;
    mdb_cursor_close(cursor_);
    mdb_txn_abort(reading_);
  }

  std::string path_;
  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
  MDB_txn* reading_ = nullptr;
  MDB_cursor* cursor_ = nullptr;
  uint64_t seen_ = 0;
};

}  // namespace

std::unique_ptr<TagStore> open_lmdb_tags(const std::string& folder, uint64_t /*count*/) {
  return std::make_unique<LmdbTags>(folder);
}

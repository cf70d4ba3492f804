// Each transaction puts a value into each of several leaves, synced as LMDB does by default.
#include <lmdb.h>

#include <array>
#include <cstring>

#include "commit_store.h"

namespace {

class LmdbStore : public CommitStore {
 public:
  explicit LmdbStore(const std::string& folder) {
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, size_t{64} << 20));
    check(mdb_env_open(environment_, (folder + "/peer.lmdb").c_str(), MDB_NOSUBDIR, 0644));
    MDB_txn* transaction = begin();
    check(mdb_dbi_open(transaction, nullptr, MDB_INTEGERKEY, &database_));
    for (uint64_t key = 0; key < kPages * kEntriesAPage; ++key) put(transaction, key, 0);
    check(mdb_txn_commit(transaction));
  }
  ~LmdbStore() override { mdb_env_close(environment_); }

  void commit(uint64_t number) override {
    MDB_txn* transaction = begin();
    for (uint64_t i = 0; i < kChanged; ++i)
      put(transaction, (number * kChanged + i) % kPages * kEntriesAPage, number);
    check(mdb_txn_commit(transaction));
  }

 private:
  // Two values fill a leaf. A value that filled a leaf alone would get a page outside of the tree.
  static constexpr uint64_t kEntriesAPage = 2;
  static constexpr size_t kValueBytes = 1900;

  static void check(int status) {
    if (status != 0) give_up(std::string("LMDB: ") + mdb_strerror(status));
  }
  MDB_txn* begin() {
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    return transaction;
  }
  void put(MDB_txn* transaction, uint64_t key, uint64_t number) {
    std::memcpy(value_.data(), &number, sizeof number);
    MDB_val key_bytes{sizeof key, &key};
    MDB_val value_bytes{value_.size(), value_.data()};
    check(mdb_put(transaction, database_, &key_bytes, &value_bytes, 0));
  }

  std::array<char, kValueBytes> value_{};
  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
};

}  // namespace

std::unique_ptr<CommitStore> make_lmdb_store(const std::string& folder) {
  return std::make_unique<LmdbStore>(folder);
}

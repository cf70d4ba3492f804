// Updates of one small row a transaction: WAL, synchronous = FULL, all else as it comes.
#include <sqlite3.h>

#include "commit_store.h"

namespace {

class SqliteStore : public CommitStore {
 public:
  explicit SqliteStore(const std::string& folder) {
    check(sqlite3_open((folder + "/peer.sqlite").c_str(), &database_));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE entry(id INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
    run("WITH RECURSIVE ids(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < 998) "
        "INSERT INTO entry SELECT id, 0 FROM ids");
    check(sqlite3_prepare_v2(database_, "UPDATE entry SET value = ?1 WHERE id = ?1 % 999", -1,
                             &update_, nullptr));
  }
  ~SqliteStore() override {
    sqlite3_finalize(update_);
    sqlite3_close(database_);
  }

  void commit(uint64_t number) override {
    check(sqlite3_bind_int64(update_, 1, static_cast<sqlite3_int64>(number)));
    if (sqlite3_step(update_) != SQLITE_DONE) fail();
    check(sqlite3_reset(update_));
  }
  void settle() override { run("PRAGMA wal_checkpoint"); }

 private:
  void check(int status) {
    if (status != SQLITE_OK) fail();
  }
  void run(const char* statement) {
    check(sqlite3_exec(database_, statement, nullptr, nullptr, nullptr));
  }
  [[noreturn]] void fail() { give_up(std::string("SQLite: ") + sqlite3_errmsg(database_)); }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
};

}  // namespace

std::unique_ptr<CommitStore> make_sqlite_store(const std::string& folder) {
  return std::make_unique<SqliteStore>(folder);
}

// Updates rows of one page each: WAL, synchronous = FULL, otherwise default settings.
#include <sqlite3.h>

#include <array>
#include <cstring>

#include "commit_store.h"

namespace {

class SqliteStore : public CommitStore {
 public:
  explicit SqliteStore(const std::string& folder) {
    check(sqlite3_open((folder + "/peer.sqlite").c_str(), &database_));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE entry(id INTEGER PRIMARY KEY, value BLOB NOT NULL)");
    prepare("INSERT INTO entry(value, id) VALUES(?1, ?2)");
    run("BEGIN");
    for (uint64_t page = 0; page < kPages; ++page) execute(page, 0);
    run("COMMIT");
    prepare("UPDATE entry SET value = ?1 WHERE id = ?2");
  }
  ~SqliteStore() override {
    sqlite3_finalize(statement_);
    sqlite3_close(database_);
  }

  void commit(uint64_t number) override {
    run("BEGIN");
    for (uint64_t i = 0; i < kChanged; ++i) execute((number * kChanged + i) % kPages, number);
    run("COMMIT");
  }
  void settle() override { run("PRAGMA wal_checkpoint"); }

 private:
  void check(int status) {
    if (status != SQLITE_OK) fail();
  }
  void run(const char* statement) {
    check(sqlite3_exec(database_, statement, nullptr, nullptr, nullptr));
  }
  void prepare(const char* statement) {
    sqlite3_finalize(statement_);
    check(sqlite3_prepare_v2(database_, statement, -1, &statement_, nullptr));
  }
  void execute(uint64_t page, uint64_t number) {
    std::memcpy(value_.data(), &number, sizeof number);
    check(sqlite3_bind_blob(statement_, 1, value_.data(), static_cast<int>(value_.size()),
                            SQLITE_STATIC));
    check(sqlite3_bind_int64(statement_, 2, static_cast<sqlite3_int64>(page)));
    if (sqlite3_step(statement_) != SQLITE_DONE) fail();
    check(sqlite3_reset(statement_));
  }
  [[noreturn]] void fail() { give_up(std::string("SQLite: ") + sqlite3_errmsg(database_)); }

  std::array<char, 3900> value_{};  // with its row's header, it fills a page
  sqlite3* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

std::unique_ptr<CommitStore> make_sqlite_store(const std::string& folder) {
  return std::make_unique<SqliteStore>(folder);
}

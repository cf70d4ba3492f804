// Tags in SQLite: a table without row ids; WAL, synchronous = FULL. For single durable inserts.
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstring>

#include "tag_store.h"

namespace {

class SqliteTags : public TagStore {
 public:
  explicit SqliteTags(const std::string& folder) : path_(folder + "/peer.sqlite") {
    check(sqlite3_open(path_.c_str(), &database_));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE IF NOT EXISTS tag(key BLOB, inode INTEGER, block INTEGER, value BLOB, "
        "PRIMARY KEY(key, inode)) WITHOUT ROWID");
    prepare("INSERT INTO tag VALUES(?1, ?2, ?3, ?4)", insert_);
    prepare("SELECT value FROM tag WHERE key = ?1", get_);
    prepare("SELECT count(value) FROM tag WHERE key >= ?1 AND key < ?1 || x'ff'", scan_);
  }
  ~SqliteTags() override {
    for (sqlite3_stmt* statement : {insert_, get_, scan_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  void load(const std::vector<TagText>& tags, bool /*sorted*/) override {
    run("BEGIN");
    for (const TagText& tag : tags) insert(tag.key(), tag.value(), tag.number);
    run("COMMIT");
    settle();
  }

  void open_for_reading() override {}
  bool get(std::string_view key) override {
    bind_text(get_, 1, key);
    const bool found = sqlite3_step(get_) == SQLITE_ROW;
    check(sqlite3_reset(get_));
    return found;
  }
  uint64_t scan(std::string_view prefix) override {
    bind_text(scan_, 1, prefix);
    if (sqlite3_step(scan_) != SQLITE_ROW) fail();
    const auto count = static_cast<uint64_t>(sqlite3_column_int64(scan_, 0));
    check(sqlite3_reset(scan_));
    return count;
  }

  void insert(std::string_view key, std::string_view value, uint64_t inode) override {
    bind_text(insert_, 1, key);
    check(sqlite3_bind_int64(insert_, 2, static_cast<sqlite3_int64>(inode)));
    check(sqlite3_bind_int64(insert_, 3, block_of(inode)));
    bind_text(insert_, 4, value);
    if (sqlite3_step(insert_) != SQLITE_DONE) fail();
    check(sqlite3_reset(insert_));
  }
  void settle() override { run("PRAGMA wal_checkpoint"); }

  uint64_t bytes() override {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) give_up("SQLite: no file");
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  void check(int status) {
    if (status != SQLITE_OK) fail();
  }
  void run(const char* statement) {
    check(sqlite3_exec(database_, statement, nullptr, nullptr, nullptr));
  }
  void prepare(const char* text, sqlite3_stmt*& statement) {
    check(sqlite3_prepare_v2(database_, text, -1, &statement, nullptr));
  }
  void bind_text(sqlite3_stmt* statement, int place, std::string_view text) {
    check(sqlite3_bind_blob(statement, place, text.data(), static_cast<int>(text.size()),
                            SQLITE_STATIC));
  }
  [[noreturn]] void fail() { give_up(std::string("SQLite: ") + sqlite3_errmsg(database_)); }

  std::string path_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* scan_ = nullptr;
};

}  // namespace

std::unique_ptr<TagStore> open_sqlite_tags(const std::string& folder, uint64_t /*count*/) {
  return std::make_unique<SqliteTags>(folder);
}

void check_sqlite_tags(const std::string& folder) {
  sqlite3* database = nullptr;
  sqlite3_stmt* check = nullptr;
  const bool ok =
      sqlite3_open((folder + "/peer.sqlite").c_str(), &database) == SQLITE_OK &&
      sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &check, nullptr) == SQLITE_OK &&
      sqlite3_step(check) == SQLITE_ROW &&
      std::strcmp(reinterpret_cast<const char*>(sqlite3_column_text(check, 0)), "ok") == 0;
  if (!ok) give_up(std::string("SQLite: ") + sqlite3_errmsg(database));
  sqlite3_finalize(check);
  sqlite3_close(database);
}

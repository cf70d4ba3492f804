// Something that makes small changes durable, one after the other: an image, or a peer of its kind.
// All of them change as much: a few bytes in each of kChanged pages of kPages, all of 4096 bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

constexpr uint64_t kPages = 999;
constexpr uint64_t kChanged = 3;

class CommitStore {
 public:
  CommitStore() = default;
  CommitStore(const CommitStore&) = delete;
  CommitStore& operator=(const CommitStore&) = delete;
  virtual ~CommitStore() = default;

  // The change with this number, of pages `number` * kChanged and the next ones, is on the disk
  // when it returns. Ends the program, saying why, where something fails.
  virtual void commit(uint64_t number) = 0;
  // Takes home what waits in a log, as all do by themselves when it is full.
  virtual void settle() {}
};

// Each makes its file or files new in `folder`.
std::unique_ptr<CommitStore> make_vde_store(const std::string& folder);
std::unique_ptr<CommitStore> make_sqlite_store(const std::string& folder);
std::unique_ptr<CommitStore> make_lmdb_store(const std::string& folder);

[[noreturn]] void give_up(const std::string& why);

// Something that makes small changes durable, one by one: an image, or a comparable store. All of
// them change the same amount: a few bytes in each of kChanged pages out of kPages, each of 4096
// bytes.
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

  // Makes change `number`, of pages `number` * kChanged and the following, durable. Prints the
  // reason and ends the program if something fails.
  virtual void commit(uint64_t number) = 0;
  // Writes back what is in a log, as all stores do when it is full.
  virtual void settle() {}
};

// Each creates new files in `folder`.
std::unique_ptr<CommitStore> make_vde_store(const std::string& folder);
std::unique_ptr<CommitStore> make_sqlite_store(const std::string& folder);
std::unique_ptr<CommitStore> make_lmdb_store(const std::string& folder);

[[noreturn]] void give_up(const std::string& why);

// The environment of a workload: an image in a recording file, sessions on it, and the state after
// each acknowledged commit.
#pragma once

#include <memory>
#include <optional>

#include "crash/committed_state.h"
#include "support/files/recording_file.h"
#include "support/must.h"
#include "support/try_open.h"

namespace vde::test {

// A recorded workload, ready to be explored.
struct Recording {
  std::string name;
  uint32_t block_size = 0;
  std::vector<uint8_t> start;  // the content before the first event
  std::vector<LoggedEvent> log;
  std::vector<CommittedState> states;  // [0] at the start, [n] after the commit that was ack n
  // The start is as another program left it: `verify` may find problems until the first session has
  // repaired them.
  bool starts_unclean = false;
  // It is sealed with this key, which each session has.
  SharedKey seal_key = {};
  // Its metadata chain hash fits after every checkpoint. A crash may leave it stale until the next.
  bool is_chained = false;
};

class Stage {
 public:
  // `content` is an image, possibly with live records.
  Stage(std::string name, uint32_t block_size, std::vector<uint8_t> content);

  [[nodiscard]] RecordingFile& file() { return file_; }
  [[nodiscard]] uint32_t block_size() const { return recording_.block_size; }

  // Opens a session, as Volume does. Each has a different time.
  void open(bool unseal = false);
  [[nodiscard]] Volume& volume() { return *volume_; }
  [[nodiscard]] Transaction begin() { return must(volume_->begin()); }
  // Commits, and acknowledges it.
  void commit(Transaction& transaction);
  void checkpoint() { must(volume_->journal().checkpoint()); }
  void close();
  // Ends the session as for a killed process.
  void crash() { volume_.reset(); }

  // One call of the public interface, which is one commit and leaves nothing in the journal.
  void edit(const std::function<Result<void>(BlockFile&, const EditOptions&)>& change);

  // Data blocks: `count` consecutive free ones, filled with unique content.
  BlockRange add_staged(Transaction& transaction, uint64_t count,
                        std::optional<uint64_t> hint = std::nullopt);
  BlockRange add_direct(Transaction& transaction, uint64_t count,
                        std::optional<uint64_t> hint = std::nullopt);
  // Changes the content of a block in use through the journal.
  void rewrite(Transaction& transaction, uint64_t block);
  void release(Transaction& transaction, BlockRange blocks);
  void set_label(Transaction& transaction);

  void start_unclean() { recording_.starts_unclean = true; }
  void start_sealed(SharedKey key) { recording_.seal_key = std::move(key); }
  void start_chained() { recording_.is_chained = true; }
  [[nodiscard]] Recording finish();

 private:
  void fill(MutableBytes payload);
  [[nodiscard]] EditOptions next_options(bool unseal);
  void acknowledge(CommittedState state);

  RecordingFile file_;
  Recording recording_;
  std::unique_ptr<Volume> volume_;
  uint64_t fills_ = 0;
  int64_t sessions_ = 0;
};

// A new image in memory.
[[nodiscard]] std::vector<uint8_t> fresh_image(uint32_t block_size, uint64_t blocks);

}  // namespace vde::test

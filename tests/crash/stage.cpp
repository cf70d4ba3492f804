#include "crash/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "image/write_image.h"
#include "support/random_bytes.h"
#include "vde/create.h"

namespace vde::test {

Stage::Stage(std::string name, uint32_t block_size, std::vector<uint8_t> content) : file_(content) {
  recording_.name = std::move(name);
  recording_.block_size = block_size;
  recording_.start = std::move(content);
  const auto view = must(committed_view(file_));
  recording_.states.push_back(must(committed_state(*view)));
}

EditOptions Stage::next_options(bool unseal) {
  EditOptions options{from_unix_seconds(1'800'000'000 + ++sessions_), unseal, {}};
  if (recording_.seal_key) options.keys = {recording_.seal_key};
  return options;
}

void Stage::open(bool unseal) {
  volume_ = must(try_open_volume(file_, next_options(unseal)));
}

void Stage::acknowledge(CommittedState state) {
  file_.ack(recording_.states.size());
  recording_.states.push_back(std::move(state));
}

void Stage::commit(Transaction& transaction) {
  must(volume_->commit(transaction));
  acknowledge(must(committed_state(volume_->journal())));
}

void Stage::close() {
  must(volume_->close());
  volume_.reset();
}

void Stage::edit(const std::function<Result<void>(BlockFile&, const EditOptions&)>& change) {
  must(change(file_, next_options(false)));
  acknowledge(must(committed_state(file_)));
}

void Stage::fill(MutableBytes payload) {
  Random random(++fills_);
  fill_randomly(payload, random);
}

BlockRange Stage::add_staged(Transaction& transaction, uint64_t count,
                             std::optional<uint64_t> hint) {
  const BlockRange run = must(volume_->allocator().allocate(transaction, count, hint));
  for (uint64_t number = run.begin; number < run.end; ++number)
    fill(must(transaction.replace(number, block_types::kData)));
  return run;
}

BlockRange Stage::add_direct(Transaction& transaction, uint64_t count,
                             std::optional<uint64_t> hint) {
  const BlockRange run = must(volume_->allocator().allocate(transaction, count, hint));
  BlockBuffer blocks(count * block_size());
  fill(blocks);
  must(transaction.write_direct(run.begin, block_types::kData, blocks));
  return run;
}

void Stage::rewrite(Transaction& transaction, uint64_t block) {
  fill(must(transaction.edit(block, block_types::kData)).first(64));
}

void Stage::release(Transaction& transaction, BlockRange blocks) {
  must(volume_->allocator().release(transaction, blocks));
}

void Stage::set_label(Transaction& transaction) {
  const std::string label = fmt::format("label {}", recording_.states.size());
  Text<64>& text = transaction.superblock().label;
  text = {};
  std::copy(label.begin(), label.end(), text.bytes.begin());
}

Recording Stage::finish() {
  volume_.reset();
  recording_.log = file_.take_log();
  return std::move(recording_);
}

std::vector<uint8_t> fresh_image(uint32_t block_size, uint64_t blocks) {
  CreateOptions options;
  options.size = blocks * block_size;
  options.block_size = block_size;
  options.uuid = *parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  options.modules = must(parse_modules(kDefaultModules));
  options.journal_size = uint64_t{64} * block_size;
  options.now = from_unix_seconds(1'700'000'000);
  MemoryFile file;
  const Activity activity;
  must(write_image(file, must(plan_image(options)), activity));
  return std::move(file.bytes());
}

}  // namespace vde::test

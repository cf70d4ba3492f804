// Commits of a few blocks through the library's journal.
#include <fcntl.h>

#include "commit_store.h"
#include "open_volume.h"
#include "support/must.h"
#include "vde/create.h"

namespace {

using namespace vde;
using test::must;

class VdeStore : public CommitStore {
 public:
  explicit VdeStore(const std::string& folder) {
    CreateOptions options;
    // The smallest volume for which `format` chooses its largest journal: 4 MiB, the size to which
    // SQLite lets its log grow.
    options.size = uint64_t{256} << 20;
    options.uuid.bytes[0] = 1;
    options.modules = must(parse_modules(kDefaultModules));
    const std::string path = folder + "/image.dwvd";
    Activity activity;
    must(create_image(path, must(plan_image(options)), {}, activity));
    file_ = must(open_file(path, OpenMode::kReadWrite));
    must(file_->lock(LockMode::kExclusive, std::chrono::milliseconds(0)));
    volume_ = must(open_volume(*file_));
    Transaction transaction = must(volume_->begin());
    blocks_ = must(volume_->allocator().allocate(transaction, kPages));
    for (uint64_t n = blocks_.begin; n < blocks_.end; ++n)
      must(transaction.replace(n, block_types::kData));
    must(volume_->commit(transaction));
    settle();
  }

  void commit(uint64_t number) override {
    Transaction transaction = must(volume_->begin());
    for (uint64_t i = 0; i < kChanged; ++i) {
      const uint64_t block = blocks_.begin + (number * kChanged + i) % kPages;
      store_le(must(transaction.edit(block, block_types::kData)), 0, number);
    }
    must(volume_->commit(transaction));
  }
  void settle() override { must(volume_->close()); }

 private:
  std::unique_ptr<BlockFile> file_;
  std::unique_ptr<Volume> volume_;
  BlockRange blocks_;
};

}  // namespace

std::unique_ptr<CommitStore> make_vde_store(const std::string& folder) {
  return std::make_unique<VdeStore>(folder);
}

#include "fuzz/play_parts.h"

namespace vde::test {
namespace {

class SnapshotPlay {
 public:
  SnapshotPlay(FuzzImage& fuzz, IsClean clean) : fuzz_(fuzz), clean_(clean) {}

  void run() {
    const std::vector<Snapshot> before = read_all();
    if (!fuzz_.play.changes) return;
    const bool added = create();
    if (clean_) promise_clean(*fuzz_.image);
    const std::vector<Snapshot> after = read_all();
    if (clean_) promise(after.size() == before.size() + (added ? 1 : 0), "snapshots are lost");
    if (before.empty()) return;
    change_marks(before[before.size() / 2]);
    if (clean_) promise_clean(*fuzz_.image);
  }

 private:
  std::vector<Snapshot> read_all() {
    const auto reader = try_open_snapshots(fuzz_.image->file());
    if (!reader) {
      if (clean_) promise_refusal(reader.error());
      return {};
    }
    std::vector<Snapshot> all;
    const auto read = (*reader)->list([&](const Snapshot& snapshot) {
      all.push_back(snapshot);
      return true;
    });
    promise(read.has_value() || !clean_, "a clean table cannot be listed");
    read_each(**reader, all);
    if (!read) all.clear();
    return all;
  }

  void read_each(SnapshotReader& reader, const std::vector<Snapshot>& all) {
    for (const char* name : {"@latest", "aaaa", "", "0"}) static_cast<void>(reader.find(name));
    if (fuzz_.play.choice > 1) static_cast<void>(reader.load());
    for (const Snapshot& snapshot : all) {
      const auto found = reader.get(snapshot.id);
      if (clean_) promise(found && *found == snapshot, "a snapshot is not found by its id");
      size_t length = 0;
      const auto chain = reader.chain(snapshot.id, [&](const Snapshot&) {
        promise(++length <= all.size() || !clean_, "a chain is endless");
        promise(length < 10'000, "a chain of a damaged table is endless");
        return true;
      });
      if (clean_) promise(chain.has_value(), "a clean chain is broken");
      static_cast<void>(reader.children(snapshot.id, [](const Snapshot&) { return true; }));
    }
  }

  bool create() {
    SnapshotOptions request;
    request.label = std::string(fuzz_.play.choice * 20, 'n');
    request.reproducible = true;
    if (fuzz_.play.choice == 2) request.parent = "@latest";
    const auto made = create_snapshot(fuzz_.image->file(), request, kFuzzEdit);
    if (!made && clean_) promise_refusal(made.error());
    return made.has_value();
  }

  void change_marks(const Snapshot& snapshot) {
    const std::string id = to_string(snapshot.id);
    const auto deleted =
        delete_snapshots(fuzz_.image->file(), std::vector<std::string>{id}, kFuzzEdit);
    if (!deleted && clean_) promise_refusal(deleted.error());
    if (fuzz_.play.choice % 2 == 0) return purge();
    const auto back = undelete_snapshot(fuzz_.image->file(), id, kFuzzEdit);
    if (!back && clean_) promise_refusal(back.error());
  }

  void purge() {
    const auto purged = purge_snapshots(fuzz_.image->file(), kFuzzEdit);
    if (!purged && clean_) promise_refusal(purged.error());
    if (purged && clean_) promise(!purged->empty(), "nothing was purged");
  }

  FuzzImage& fuzz_;
  IsClean clean_;
};

}  // namespace

void play_snapshots(FuzzImage& fuzz, IsClean clean) {
  SnapshotPlay(fuzz, clean).run();
}

}  // namespace vde::test

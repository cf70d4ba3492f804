#include "vde/snapshots.h"

#include <doctest/doctest.h>

#include <map>

#include "snapshot_look.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

bool has_snapshot_module(const nlohmann::json& listing) {
  return listing.contains("snapshots");
}

}  // namespace

TEST_CASE("every sample's snapshots are as listed") {
  size_t samples = 0;
  for (const std::string& name : vector_names()) {
    const auto listing = vector_listing(name);
    if (!has_snapshot_module(listing)) continue;
    CAPTURE(name);
    ++samples;
    MemoryFile file(vector_image(name));
    const std::vector<Snapshot> all = snapshots_in(file);
    REQUIRE(all.size() == listing["snapshots"].size());
    for (size_t i = 0; i < all.size(); ++i) {
      const auto& listed = listing["snapshots"][i];
      CHECK(to_string(all[i].id) == listed["id"]);
      CHECK(to_string(all[i].parent) == listed["parent"]);
      CHECK(all[i].created.value == listed["created_ticks"]);
      CHECK(all[i].inode_table_start == listed["inode_table_start"]);
      CHECK(all[i].inode_table_blocks == listed["inode_table_blocks"]);
      CHECK(all[i].data_blocks == listed["data_blocks"]);
      CHECK(all[i].flags == listed["flags"]);
      const std::string& label = all[i].label;
      CHECK(to_hex({reinterpret_cast<const uint8_t*>(label.data()), label.size()}) ==
            listed["label_hex"]);
    }
  }
  CHECK(samples >= 5);
}

TEST_CASE("the SDK reads all snapshots of every sample after one more is added") {
  for (const std::string& name : vector_names()) {
    const auto listing = vector_listing(name);
    if (!has_snapshot_module(listing)) continue;
    CAPTURE(name);
    MemoryFile file(vector_image(name));
    const std::vector<Snapshot> before = snapshots_in(file);
    const Snapshot made = must(create_snapshot(file, labelled("one more"), kSomeOptions));
    std::vector<Snapshot> expected = before;
    expected.push_back(made);
    CHECK(snapshots_in(file) == expected);
    const StrictReader reader(file.bytes());
    REQUIRE(reader.outcome("SNAP") == Outcome::kReads);
    size_t next = 0;
    for (const strict::Snapshot& entry : reader.snapshots()) {
      if (entry.created == 0) continue;
      REQUIRE(next < expected.size());
      CHECK(Guid{entry.id} == expected[next].id);
      CHECK(entry.label == expected[next].label);
      ++next;
    }
    CHECK(next == expected.size());
  }
}

TEST_CASE("a snapshot records where the inode table is and how much data there is") {
  ImageBuilder image;
  {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 7, 0x11);
    must(volume->close());
  }
  const Snapshot made = must(create_snapshot(image.file(), labelled("first"), kSomeOptions));
  CHECK(made.inode_table_start == 11);
  CHECK(made.inode_table_blocks == 1);
  CHECK(made.data_blocks == 7);
  CHECK(made.parent.is_zero());
  CHECK(made.flags == 0);
  CHECK(snapshots_in(image.file()) == std::vector{made});
  CHECK(strict_snapshots(image) == std::vector{made});
}

TEST_CASE("creating touches no block of data") {
  ImageBuilder image;
  for (uint64_t block = image.start("DATA"); block < 256; ++block) image.data_block(block, 0x5a);
  const std::vector<uint8_t> before(
      image.bytes().begin() + static_cast<ptrdiff_t>(image.start("DATA") * 4096),
      image.bytes().end());
  must(create_snapshot(image.file(), labelled(""), kSomeOptions));
  const std::vector<uint8_t> after(
      image.bytes().begin() + static_cast<ptrdiff_t>(image.start("DATA") * 4096),
      image.bytes().end());
  CHECK(before == after);
}

TEST_CASE("labels are UTF-8 of at most 64 bytes, and a refusal changes nothing") {
  ImageBuilder image;
  const std::vector<uint8_t> before = image.bytes();
  for (const std::string& label :
       {std::string(65, 'x'), std::string("\xff"), std::string("a\0b", 3)}) {
    const auto refused = create_snapshot(image.file(), labelled(label), kSomeOptions);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::kUsage);
  }
  SnapshotOptions orphan;
  orphan.parent = "nobody";
  CHECK(create_snapshot(image.file(), orphan, kSomeOptions).error().code == ErrorCode::kNotFound);
  CHECK(image.bytes() == before);
  must(create_snapshot(image.file(), labelled(std::string(64, 'x')), kSomeOptions));
}

TEST_CASE("a snapshot is found by id, as the latest, by label, and by an id prefix") {
  ImageBuilder image;
  const auto make = [&](const char* id, const char* label, int64_t second) {
    SnapshotOptions request = labelled(label);
    request.id = parse_guid(id);
    return must(create_snapshot(image.file(), request, at_second(second)));
  };
  const Snapshot one = make("0123aaaa-0000-4000-8000-000000000001", "one", 1);
  const Snapshot two = make("0123bbbb-0000-4000-8000-000000000002", "both", 2);
  const Snapshot three = make("4567cccc-0000-4000-8000-000000000003", "both", 2);
  const Snapshot four = make("89abdddd-0000-4000-8000-000000000004", "0123bbbb", 0);
  const auto id_of = [&](std::string_view ref) { return must(found(image.file(), ref)).id; };
  CHECK(id_of("0123aaaa-0000-4000-8000-000000000001") == one.id);
  CHECK(id_of("0123AAAA-0000-4000-8000-000000000001") == one.id);
  // Of several with the same time, the newest in the table.
  CHECK(id_of("@latest") == three.id);
  CHECK(id_of("one") == one.id);
  CHECK(id_of("0123a") == one.id);
  CHECK(id_of("0123aaaa-00") == one.id);
  CHECK(id_of("0123aaaa00") == one.id);
  // A label has priority over a prefix.
  CHECK(id_of("0123bbbb") == four.id);
  CHECK(id_of("0123bbb") == two.id);
  for (const char* unknown : {"012", "01234", "0123aaaa-0000-4", "", "on", "0123aaaa_0"}) {
    if (std::string_view(unknown) == "0123aaaa-0000-4") {
      CHECK(id_of(unknown) == one.id);
      continue;
    }
    CHECK(found(image.file(), unknown).error().code == ErrorCode::kNotFound);
  }
  for (const char* several : {"both", "0123"}) {
    const auto refused = found(image.file(), several);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::kUsage);
    CHECK(refused.error().message.find(to_string(two.id)) != std::string::npos);
  }
  // Deleted: only by its full id.
  must(delete_snapshots(image.file(), std::vector<std::string>{"4567"}, kSomeOptions));
  CHECK(id_of("both") == two.id);
  CHECK(id_of("@latest") == two.id);
  CHECK(found(image.file(), "4567").error().code == ErrorCode::kNotFound);
  CHECK(id_of("4567cccc-0000-4000-8000-000000000003") == three.id);
}

TEST_CASE("deleting sets a flag, undeleting clears it, and chains stay complete") {
  ImageBuilder image;
  std::vector<Snapshot> line;
  for (int i = 0; i < 5; ++i) {
    SnapshotOptions request = labelled("s" + std::to_string(i));
    if (i > 0) request.parent = "@latest";
    line.push_back(must(create_snapshot(image.file(), request, at_second(i))));
  }
  const std::vector<std::string> whole = {"s4", "s3", "s2", "s1", "s0"};
  CHECK(chain_labels(image.file(), line[4].id) == whole);
  const auto deleted = must(delete_snapshots(
      image.file(), std::vector<std::string>{"s1", "s3", to_string(line[1].id)}, kSomeOptions));
  CHECK(deleted.size() == 2);
  CHECK(chain_labels(image.file(), line[4].id) == whole);
  CHECK(snapshots_in(image.file()).size() == 5);
  CHECK(strict_snapshots(image)[1].is_deleted());

  // All or none.
  const auto before = image.bytes();
  CHECK(delete_snapshots(image.file(), std::vector<std::string>{"s2", "s1"}, kSomeOptions)
            .error()
            .code == ErrorCode::kNotFound);
  CHECK(
      delete_snapshots(image.file(), std::vector<std::string>{to_string(line[1].id)}, kSomeOptions)
          .error()
          .message == "snapshot " + to_string(line[1].id) + " is already deleted");
  CHECK(undelete_snapshot(image.file(), "s2", kSomeOptions).error().code == ErrorCode::kUnchanged);
  CHECK(image.bytes() == before);

  const Snapshot back = must(undelete_snapshot(image.file(), to_string(line[1].id), kSomeOptions));
  CHECK(back == line[1]);
  CHECK(must(found(image.file(), "s1")) == line[1]);
}

TEST_CASE("children are those of one parent, and a broken chain ends at the fault") {
  ImageBuilder image({512, 256, kAllModules});
  const Snapshot root = must(create_snapshot(image.file(), labelled("root"), at_second(0)));
  SnapshotOptions request = labelled("child");
  request.parent = "root";
  const Snapshot child = must(create_snapshot(image.file(), request, at_second(1)));
  const auto reader = open_snapshots(image.file());
  std::vector<Snapshot> children;
  must(reader->children(root.id, [&](const Snapshot& snapshot) {
    children.push_back(snapshot);
    return true;
  }));
  CHECK(children == std::vector{child});

  // Sets the root's parent to the child, then to a missing id.
  const uint64_t table = image.start("SNAP");
  bool whole = true;
  image.patch(table, 16 + 16, to_hex(child.id.bytes)).rehash(table);
  CHECK(chain_labels(image.file(), child.id, &whole) == std::vector<std::string>{"child", "root"});
  CHECK_FALSE(whole);
  image.patch(table, 16 + 16, "77").rehash(table);
  CHECK(chain_labels(image.file(), child.id, &whole) == std::vector<std::string>{"child", "root"});
  CHECK_FALSE(whole);
}

TEST_CASE("reproducible commands produce the same bytes") {
  const auto make = [] {
    ImageBuilder image({512, 256, kAllModules});
    for (int i = 0; i < 5; ++i) {
      SnapshotOptions request = labelled(std::string(60, 'l'));
      request.reproducible = true;
      must(create_snapshot(image.file(), request, kSomeOptions));
    }
    return image.bytes();
  };
  CHECK(make() == make());
}

TEST_CASE("an existing id is not used again, and a missing module is reported") {
  ImageBuilder image;
  const Snapshot made = must(create_snapshot(image.file(), labelled("one"), kSomeOptions));
  SnapshotOptions again;
  again.id = made.id;
  CHECK(create_snapshot(image.file(), again, kSomeOptions).error().code == ErrorCode::kExists);
  ImageBuilder without({4096, 256, "tags"});
  const auto refused = create_snapshot(without.file(), again, kSomeOptions);
  CHECK(refused.error().code == ErrorCode::kUnsupported);
  CHECK(refused.error().message.find("snapshot") != std::string::npos);
  CHECK(try_open_snapshots(without.file()).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("an index in memory answers as the table does") {
  MemoryFile file(vector_image("snap-150-unlabelled"));
  const auto reader = open_snapshots(file);
  const std::vector<Snapshot> all = snapshots_in(file);
  must(reader->load());
  for (const Snapshot& snapshot : all) CHECK(must(reader->get(snapshot.id)) == snapshot);
  CHECK_FALSE(must(reader->get(random_guid())).has_value());
  CHECK(must(reader->find("@latest")) == must(found(file, "@latest")));
}

// The snapshot commands, run as a shell would.
#include <doctest/doctest.h>

#include "snapshot_image.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

TEST_CASE("snapshots of a table whose first block is lost are not listed: status 4") {
  SnapshotImage image;
  const std::string id = image.create({"--label", "one"});
  ImageBuilder damaged(image.bytes(), 4096);
  write_file(image.path, damaged.wipe(damaged.start("SNAP")).bytes());
  for (const auto& words : std::initializer_list<std::vector<std::string>>{
           {"list"}, {"show", id}, {"chain", id}, {"children", id}}) {
    const ToolResult result = image.run(words, 4);
    CHECK(result.err.find("never written") != std::string::npos);
    CHECK(result.out.empty());
  }
  CHECK(run_tool({"verify", image.path}).status == 4);
}

TEST_CASE("create prints an id, and show prints all fields") {
  SnapshotImage image;
  const std::string first = image.create({"--label", "first", "--base"});
  const json made =
      image.run({"create", "--label", "sécond", "--parent", "@latest", "--read-only", "--json"})
          .json();
  CHECK(made["schema_version"] == 1);
  CHECK(made["command"] == "snapshot create");
  const json shown = image.run({"show", "sécond", "--json"}).json();
  CHECK(shown["id"] == made["id"]);
  CHECK(shown["parent"] == first);
  CHECK(shown["created"] == "2023-11-14T22:13:22.0000000Z");
  CHECK(shown["created_ticks"] == 638355968020000000);
  CHECK(shown["inode_table_start"] == 11);
  CHECK(shown["inode_table_blocks"] == 1);
  CHECK(shown["data_blocks"] == 0);
  CHECK(shown["flags"] == 1);
  CHECK(shown["flag_names"] == json::array({"read-only"}));
  CHECK(shown["label"] == "sécond");
  const json base = image.run({"show", first, "--json"}).json();
  CHECK(base["parent"] == nullptr);
  CHECK(base["flag_names"] == json::array({"base"}));
  const std::string text = image.run({"show", "first"}).out;
  for (const std::string& word : {first, std::string("first"), std::string("base")})
    CHECK(text.find(word) != std::string::npos);
}

TEST_CASE("--parent @latest of the first snapshot means none, of later ones the latest") {
  SnapshotImage image;
  const std::string first = image.create({"--parent", "@latest"});
  CHECK(image.run({"show", first, "--json"}).json()["parent"] == nullptr);
  const std::string second = image.create({"--parent", "@latest"});
  CHECK(image.run({"show", second, "--json"}).json()["parent"] == first);
  // Deleted snapshots do not count.
  image.run({"delete", first, second});
  const std::string third = image.create({"--parent", "@latest"});
  CHECK(image.run({"show", third, "--json"}).json()["parent"] == nullptr);
}

TEST_CASE("list, chain and children print one line per snapshot") {
  SnapshotImage image;
  image.create({"--label", "a"});
  image.create({"--label", "b", "--parent", "a"});
  image.create({"--label", "c", "--parent", "b"});
  image.create({"--label", "d", "--parent", "b"});
  CHECK(labels_in(image.run({"list", "--json"})) == Labels{"a", "b", "c", "d"});
  CHECK(labels_in(image.run({"chain", "d", "--json"})) == Labels{"d", "b", "a"});
  CHECK(labels_in(image.run({"children", "b", "--json"})) == Labels{"c", "d"});
  CHECK(image.run({"children", "d", "--json"}).out.empty());
  CHECK(lines_of(image.run({"list"}).out).size() == 4);
  CHECK(lines_of(image.run({"list"}).out)[1].find("  b") != std::string::npos);
}

TEST_CASE("a tree is drawn with children below their parents") {
  setenv("LC_ALL", "C.UTF-8", 1);
  SnapshotImage image;
  const std::string a = image.create({"--label", "a"});
  const std::string b = image.create({"--label", "b", "--parent", "a"});
  const std::string c = image.create({"--label", "c", "--parent", "b"});
  const std::string d = image.create({"--label", "d", "--parent", "a"});
  const std::string e = image.create({"--label", "e"});
  const auto starts = [&](std::vector<std::string> words) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(image.run(std::move(words)).out))
      found.push_back(line.substr(0, line.find("  2023")));
    return found;
  };
  CHECK(starts({"list", "--tree"}) == Labels{a, "├── " + b, "│   " + c, "└── " + d, e});
  image.run({"delete", "b"});
  CHECK(starts({"list", "--tree"}) == Labels{a, "├── " + c, "└── " + d, e});
  CHECK(starts({"list", "--tree", "--all"}) == Labels{a, "├── " + b, "│   " + c, "└── " + d, e});
  const auto rows = image.run({"list", "--tree", "--all", "--json"}).json_lines();
  REQUIRE(rows.size() == 5);
  CHECK(rows[2]["label"] == "c");
  CHECK(rows[2]["depth"] == 2);
  setenv("LC_ALL", "C", 1);
  CHECK(starts({"list", "--tree"}) == Labels{a, "|-- " + c, "`-- " + d, e});
}

TEST_CASE("a chain without branches has no indentation; roots stay distinct from what follows") {
  setenv("LC_ALL", "C.UTF-8", 1);
  SnapshotImage image;
  const std::string a = image.create({"--label", "a"});
  const std::string b = image.create({"--label", "b", "--parent", "@latest"});
  const std::string c = image.create({"--label", "c", "--parent", "@latest"});
  const auto starts = [&] {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(image.run({"list", "--tree"}).out))
      found.push_back(line.substr(0, line.find("  2023")));
    return found;
  };
  CHECK(starts() == Labels{a, b, c});
  const std::string d = image.create({"--label", "d"});
  CHECK(starts() == Labels{"├── " + a, "│   " + b, "│   " + c, "└── " + d});
}

TEST_CASE("delete hides, undelete brings back, and chains hold") {
  SnapshotImage image;
  image.create({"--label", "a"});
  const std::string b = image.create({"--label", "b", "--parent", "a"});
  image.create({"--label", "c", "--parent", "b"});
  CHECK(image.run({"delete", "b"}).out == b + "\n");
  CHECK(labels_in(image.run({"list", "--json"})) == Labels{"a", "c"});
  CHECK(labels_in(image.run({"list", "--all", "--json"})) == Labels{"a", "b", "c"});
  CHECK(labels_in(image.run({"chain", "c", "--json"})) == Labels{"c", "b", "a"});
  const auto before = image.bytes();
  image.run({"show", "b"}, 1);
  image.run({"delete", b}, 1);
  image.run({"delete", "a", "nobody"}, 1);
  image.run({"undelete", "b"}, 1);
  CHECK(image.bytes() == before);
  CHECK(image.run({"show", b, "--json"}).json()["flag_names"] == json::array({"deleted"}));
  CHECK(image.run({"undelete", b, "--json"}).json()["ids"] == json::array({b}));
  CHECK(labels_in(image.run({"list", "--json"})) == Labels{"a", "b", "c"});
  CHECK(image.run({"delete", "a", "b", "c", "--json"}).json()["ids"].size() == 3);
  CHECK(image.run({"list"}).out.empty());
}

TEST_CASE("an ambiguous and an unknown ref have different errors") {
  SnapshotImage image;
  const std::string a =
      image.create({"--label", "same", "--id", "abcd0000-0000-4000-8000-000000000001"});
  const std::string b =
      image.create({"--label", "same", "--id", "ABCD0000-0000-4000-8000-000000000002"});
  CHECK(b == "abcd0000-0000-4000-8000-000000000002");
  for (const char* ref : {"same", "abcd"}) {
    const ToolResult result = image.run({"show", ref}, 16);
    CHECK(result.err.find(a) != std::string::npos);
    CHECK(result.err.find(b) != std::string::npos);
  }
  image.run({"show", "abc"}, 1);
  image.run({"show", "other"}, 1);
  image.run({"create", "--id", a}, 8);
  image.run({"create", "--id", "no-id"}, 16);
  image.run({"create", "--parent", "other"}, 1);
}

TEST_CASE("invalid labels are rejected, and nothing is written") {
  SnapshotImage image;
  const auto before = image.bytes();
  image.run({"create", "--label", std::string(65, 'x')}, 16);
  image.run({"create", "--label", "\xff\xfe"}, 16);
  CHECK(image.bytes() == before);
  image.create({"--label", std::string(64, 'x')});
}

TEST_CASE("wrong arguments are usage errors; the error for a missing module names it") {
  SnapshotImage image;
  CHECK(run_tool({"snapshot"}).status == 16);
  CHECK(run_tool({"snapshot", "creat", image.path}).status == 16);
  CHECK(run_tool({"snapshot", "show", image.path}).status == 16);
  const ToolResult help = run_tool({"help", "snapshot", "create"});
  CHECK(help.status == 0);
  CHECK(help.out.find("--parent") != std::string::npos);
  SnapshotImage without(ImageBuilder({4096, 256, "tags"}).bytes());
  const ToolResult list = without.run({"list"}, 8);
  CHECK(list.err.find("snapshot") != std::string::npos);
  const ToolResult create = run_tool({"snapshot", "create", without.path, "--json"});
  CHECK(create.status == 8);
  CHECK(json::parse(create.err)["error"]["code"] == "unsupported");
}

TEST_CASE("the same commands make the same bytes") {
  const auto make = [] {
    SnapshotImage image;
    image.create({"--label", "one"});
    image.create({"--parent", "one"});
    image.run({"delete", "one"});
    return image.bytes();
  };
  CHECK(make() == make());
}

TEST_CASE("samples with snapshots can be listed, changed, and are sound to all readers") {
  for (const std::string name : {"snap-1", "snap-leftover", "snap-chain-30", "everything-1"}) {
    CAPTURE(name);
    const json listing = vector_listing(name);
    SnapshotImage image(vector_image(name));
    size_t living = 0;
    for (const json& entry : listing["snapshots"]) living += (entry["flags"].get<int>() & 2) == 0;
    CHECK(image.run({"list", "--json"}).json_lines().size() == living);
    CHECK(image.run({"list", "--all", "--json"}).json_lines().size() ==
          listing["snapshots"].size());
    const std::string id = image.create({"--label", "added", "--parent", "@latest"});
    CHECK(run_tool({"verify", image.path, "--quiet"}).status == 0);
    const StrictReader reader(image.bytes());
    CHECK(reader.outcome("SNAP") == Outcome::kReads);
    CHECK(reader.snapshots().back().label == "added");
  }
}

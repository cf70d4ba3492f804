// `snapshot prune` and `snapshot purge`, run as a shell would.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "snapshot_image.h"
#include "support/must.h"
#include "support/one_change.h"
#include "support/strict/strict_reader.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

// Created one second after the other, from 2023-11-14T22:13:21Z on.
class PruneImage : public SnapshotImage {
 public:
  PruneImage() {
    a = create({"--label", "a"});
    b = create({"--label", "b", "--parent", "a"});
    c = create({"--label", "c", "--parent", "b", "--read-only"});
    d = create({"--label", "d", "--parent", "c"});
  }

  [[nodiscard]] Labels living() { return labels_in(run({"list", "--json"})); }
  [[nodiscard]] Labels all() { return labels_in(run({"list", "--all", "--json"})); }

  std::string a, b, c, d;
};

std::string pruned_line(const std::string& verb, const std::string& id, int second,
                        const std::string& rest) {
  return fmt::format("{:<6}  {}  2023-11-14T22:13:{}.0000000Z  {}\n", verb, id, second, rest);
}

}  // namespace

TEST_CASE("prune prints what it keeps, by which rules, and what it deletes") {
  PruneImage image;
  const ToolResult planned =
      image.run({"prune", "--keep-last", "1", "--keep-label", "b", "--dry-run"});
  CHECK(planned.out == pruned_line("keep", image.d, 24, "d  [last]") +
                           pruned_line("delete", image.c, 23, "c") +
                           pruned_line("keep", image.b, 22, "b  [label]") +
                           pruned_line("delete", image.a, 21, "a"));
  CHECK(image.living() == Labels{"a", "b", "c", "d"});
  CHECK(image.run({"prune", "--keep-last", "1", "--keep-label", "b"}).out == planned.out);
  CHECK(image.living() == Labels{"b", "d"});
  // The parents are deleted, but the chain is whole.
  CHECK(labels_in(image.run({"chain", "d", "--json"})) == Labels{"d", "c", "b", "a"});
  CHECK(run_tool({"verify", image.path}).status == 0);
}

TEST_CASE("prune --json prints one object per snapshot") {
  PruneImage image;
  const std::vector<json> lines =
      image.run({"prune", "--keep-last=2", "--keep-daily=1", "--json"}).json_lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0]["command"] == "snapshot prune");
  CHECK(lines[0]["schema_version"] == 1);
  CHECK(lines[0]["id"] == image.d);
  CHECK(lines[0]["label"] == "d");
  CHECK(lines[0]["created"] == "2023-11-14T22:13:24.0000000Z");
  CHECK(lines[0]["keep"] == true);
  CHECK(lines[0]["reasons"] == json::array({"last", "daily"}));
  CHECK(lines[1]["reasons"] == json::array({"last"}));
  CHECK(lines[2]["keep"] == false);
  CHECK(lines[2]["reasons"] == json::array());
  CHECK(image.living() == Labels{"c", "d"});
}

TEST_CASE("nothing to delete is success, without a write") {
  PruneImage image;
  const auto before = image.bytes();
  CHECK(lines_of(image.run({"prune", "--keep-last", "4"}).out).size() == 4);
  CHECK(image.run({"prune", "--keep-yearly", "1", "--keep-within", "1h", "-q"}).out.empty());
  CHECK(image.bytes() == before);
  SnapshotImage empty;
  CHECK(empty.run({"prune", "--keep-label", "any"}).out.empty());
}

TEST_CASE("rules that would keep nothing are refused with 8") {
  PruneImage image;
  const auto before = image.bytes();
  for (const char* option : {"--dry-run", "-q"}) {
    const ToolResult refused = image.run({"prune", "--keep-label", "nobody", option}, 8);
    CHECK(refused.out.empty());
    CHECK(refused.err.find("none of 4 snapshots") != std::string::npos);
  }
  CHECK(image.bytes() == before);
}

TEST_CASE("no rule, or an invalid number or duration: 16") {
  PruneImage image;
  const auto before = image.bytes();
  image.run({"prune"}, 16);
  image.run({"prune", "--dry-run"}, 16);
  for (const char* rule : {"--keep-last", "--keep-hourly", "--keep-daily", "--keep-weekly",
                           "--keep-monthly", "--keep-yearly"})
    for (const char* number : {"0", "-1", "+1", "1.5", "x", "", " 1", "99999999999999999999"}) {
      CAPTURE(number);
      image.run({"prune", std::string(rule) + "=" + number}, 16);
    }
  for (const char* duration :
       {"", "0d", "1", "d", "1w", "1d1d", "-1d", "1 d", "1D", "1d2", "99999999999d", "1y0m"}) {
    CAPTURE(duration);
    image.run({"prune", std::string("--keep-within=") + duration}, 16);
  }
  image.run({"prune", "--keep-label", "\\q"}, 16);
  CHECK(image.bytes() == before);
  // All of it is legal here.
  image.run({"prune", "--keep-last", "18446744073709551615"});
  image.run({"prune", "--keep-within", "2h1y5m7d"});
  image.run({"prune", "--keep-label", "a", "--keep-label", "\\x62", "--keep-label", ""});
  CHECK(image.living() == Labels{"a", "b"});
}

TEST_CASE("periods are those of the zone that TZ names") {
  const auto kept_days = [](const std::string& zone) {
    SnapshotImage image;
    // 22:13:21 UTC, and two hours later.
    for (const char* second : {"1700000001", "1700007201"}) {
      ToolCommand command{{"snapshot", "create", image.path}};
      command.environment = {{"SOURCE_DATE_EPOCH", second}};
      REQUIRE(run_tool(command).status == 0);
    }
    ToolCommand command{{"snapshot", "prune", image.path, "--keep-daily", "9", "--json"}};
    command.environment = {{"TZ", zone}};
    size_t kept = 0;
    for (const json& line : run_tool(command).json_lines()) kept += line["keep"] == true ? 1U : 0U;
    return kept;
  };
  CHECK(kept_days("UTC0") == 2);
  CHECK(kept_days("CET-1CEST,M3.5.0,M10.5.0/3") == 2);
  CHECK(kept_days("EAST-2") == 1);
  CHECK(kept_days("YYY+8") == 1);
}

TEST_CASE("purge removes deleted snapshots, and prints their ids") {
  PruneImage image;
  image.run({"delete", "b", "d"});
  // b is an ancestor of c.
  const ToolResult planned = image.run({"purge", "--dry-run"});
  CHECK(planned.out == image.d + "\n");
  CHECK(image.all() == Labels{"a", "b", "c", "d"});
  CHECK(image.run({"purge", "--json", "--dry-run"}).json()["ids"] == json::array({image.d}));
  CHECK(image.run({"purge"}).out == planned.out);
  CHECK(image.all() == Labels{"a", "b", "c"});
  image.run({"undelete", image.d}, 1);
  const auto before = image.bytes();
  const ToolResult nothing = image.run({"purge"}, 1);
  CHECK(nothing.out.empty());
  CHECK(image.run({"purge", "--dry-run"}, 1).out.empty());
  CHECK(image.bytes() == before);
  image.run({"delete", "c"});
  const json purged = image.run({"purge", "--json"}).json();
  CHECK(purged["command"] == "snapshot purge");
  CHECK(purged["ids"] == json::array({image.b, image.c}));
  CHECK(image.all() == Labels{"a"});
  CHECK(run_tool({"verify", image.path}).status == 0);
  CHECK(StrictReader(image.bytes()).snapshots().size() == 1);
  CHECK(run_tool({"info", image.path, "--json"}).json()["counts"]["snapshots"] == 1);
  image.run({"delete", "a"});
  CHECK(image.run({"purge", "-q"}).out.empty());
  image.run({"purge"}, 1);
}

TEST_CASE("a locked image: 8; a dry run shares the lock of a reader") {
  PruneImage image;
  image.run({"delete", "d"});
  const auto before = image.bytes();
  const auto reader = open_file(image.path, OpenMode::kRead);
  REQUIRE(reader.has_value());
  REQUIRE((*reader)->lock(LockMode::kShared, std::chrono::milliseconds(0)).has_value());
  image.run({"prune", "--keep-last", "1"}, 8);
  image.run({"purge"}, 8);
  image.run({"prune", "--keep-last", "1", "--dry-run"});
  image.run({"purge", "--dry-run"});
  CHECK(image.bytes() == before);
}

TEST_CASE("a seal is removed only with --unseal") {
  PruneImage image;
  image.run({"delete", "d"});
  ImageBuilder sealed(image.bytes(), 4096);
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
    sealed.payload(group)[header_seal_offset(4096)] = 0x77;
    sealed.rehash(group);
  }
  write_file(image.path, sealed.bytes());
  image.run({"prune", "--keep-last", "1"}, 8);
  image.run({"purge"}, 8);
  CHECK(image.bytes() == sealed.bytes());
  image.run({"purge", "--dry-run"});
  image.run({"purge", "--unseal"});
  image.run({"prune", "--keep-last", "1"});
  CHECK(image.living() == Labels{"c"});
}

TEST_CASE("ten thousand snapshots are pruned and purged within seconds") {
  ImageBuilder many({4096, 2000, "snapshot"});
  {
    Image open = must(open_to_change(many.file(), kSomeOptions));
    Change change = must(open.begin());
    for (int i = 0; i < 10'000; ++i) must(change.snapshots().create({}));
    must(change.commit());
  }
  SnapshotImage image(many.bytes());
  CHECK(lines_of(image.run({"prune", "--keep-last", "10"}).out).size() == 10'000);
  CHECK(lines_of(image.run({"purge"}).out).size() == 9'990);
  CHECK(image.run({"list", "--json"}).json_lines().size() == 10);
  CHECK(run_tool({"verify", image.path}).status == 0);
}

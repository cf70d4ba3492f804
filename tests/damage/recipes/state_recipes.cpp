// States: operations, shards, replicas, rings, subscribers, zones, key slots, policies and the
// integrity tree.
#include "damage/recipes/in_table.h"
#include "format/region/encryption_header.h"
#include "format/region/policy.h"
#include "support/must.h"
#include "support/tree_image.h"

namespace vde::test {
namespace {

void add_operations(std::vector<Recipe>& all) {
  const auto& t = tables::kOperations;
  all.push_back(repaired_in_table({"OPJR-001", "more than the region can hold", t,
                                   [](TableContent& c) { c.header["total"] = int64_t{1000}; }}));
  all.push_back(repaired_in_table({"OPJR-003", "the count is one too low", t, [](TableContent& c) {
                                     c.header["total"] = int64_t{2};
                                     c.header["newest"] = int64_t{2};
                                   }}));
  all.push_back(in_table(
      {"OPJR-005", "type 11", t, [](TableContent& c) { set(c, 0, 0, "type", int64_t{11}); }}));
  all.push_back(in_table(
      {"OPJR-005", "type 0", t, [](TableContent& c) { set(c, 0, 0, "type", int64_t{0}); }}));
  all.push_back(in_table({"OPJR-004", "a duplicate operation", t,
                          [](TableContent& c) { set(c, 0, 1, "id", int64_t{1}); }}));
  all.push_back(in_table({"OPJR-006", "two of one unit completed", t, [](TableContent& c) {
                            set(c, 0, 0, "total_units", int64_t{1});
                            set(c, 0, 0, "completed_units", int64_t{2});
                          }}));
  all.push_back(repaired_in_table({"OPJR-010", "another magic number", t, [](TableContent& c) {
                                     c.header["magic"] = std::string("OPJRNX\0\0", 8);
                                   }}));
  all.push_back(repaired_in_table({"OPJR-010", "a count of three active operations", t,
                                   [](TableContent& c) { c.header["active"] = int64_t{3}; }}));
  all.push_back(in_table({"OPJR-011", "a running operation", t,
                          [](TableContent& c) { set(c, 0, 0, "state", int64_t{1}); }}));
}

// A region of such a table in an image whose blocks are too small for it.
Recipe in_small_blocks(std::string code, const TableDescription& table) {
  Recipe recipe{std::move(code),
                std::string(table.name) + ": in blocks of 512 bytes",
                [&table](ImageBuilder& image) {
                  make_table_region(image, table.type);
                  image.patch(kTableStart, 0, "01").rehash(kTableStart);
                },
                {},
                kTableStart,
                ImageShape{512, 256, kAllModules, true}};
  recipe.expected = {recipe.code};
  return lost(std::move(recipe));
}

void add_shards(std::vector<Recipe>& all) {
  const auto& t = tables::kRaid;
  all.push_back(in_small_blocks("RAID-001", t));
  all.push_back(repaired_in_table({"RAID-001", "a count of four shards", t,
                                   [](TableContent& c) { c.header["shard_count"] = int64_t{4}; }}));
  all.push_back(in_table({"RAID-001", "257 parity descriptors", t,
                          [](TableContent& c) { c.header["parity_count"] = int64_t{257}; }}));
  all.push_back(repaired_in_table({"RAID-001",
                                   "one parity descriptor less is counted",
                                   t,
                                   [](TableContent& c) {
                                     c.header["parity_count"] = int64_t{2};
                                     set(c, 1, 0, "parity_shard", int64_t{1});
                                   },
                                   {},
                                   kTableStart + 1}));
  all.push_back(in_table({"RAID-004", "a duplicate device", t,
                          [](TableContent& c) { set(c, 0, 2, "device", std::string(16, 1)); }}));
  all.push_back(in_table(
      {"RAID-005", "strategy 9", t, [](TableContent& c) { c.header["strategy"] = int64_t{9}; }}));
  all.push_back(in_table({"RAID-005", "a shard of status 5", t,
                          [](TableContent& c) { set(c, 0, 1, "status", int64_t{5}); }}));
  all.push_back(in_table({"RAID-006", "stripe index 3 of three shards", t,
                          [](TableContent& c) { set(c, 0, 1, "stripe_index", int64_t{3}); }}));
  all.push_back(in_table({"RAID-006",
                          "a rebuild has done more than there is",
                          t,
                          [](TableContent& c) { set(c, 2, 0, "completed_blocks", int64_t{1}); },
                          {},
                          kTableStart + 1}));
  all.push_back(in_table({"RAID-010",
                          "a rebuild lies after an empty place",
                          t,
                          [](TableContent& c) {
                            c.records[2].insert(c.records[2].begin(), FieldValues{});
                            c.header["rebuild_count"] = int64_t{1};
                          },
                          {},
                          kTableStart + 1}));
  all.push_back(in_table({"SUPB-005", "an empty place is not zero", t, [](TableContent& c) {
                            c.records[0].push_back({{"status", int64_t{1}}});
                            c.header["shard_count"] = int64_t{3};
                          }}));
  all.push_back(in_table({"SUPB-005", "reserved bytes of a shard", t,
                          [](TableContent& c) { set(c, 0, 1, "reserved", std::string(3, 'x')); }}));
  all.push_back(in_table(
      {"SUPB-005",
       "bytes after the places",
       t,
       [](TableContent&) {},
       {},
       kTableStart,
       [](ImageBuilder& image) { image.patch(kTableStart, 4000, "01").rehash(kTableStart); }}));
  all.push_back(in_table({"SUPB-005",
                          "a third block holds something",
                          t,
                          [](TableContent&) {},
                          {},
                          kTableStart + 2,
                          [](ImageBuilder& image) {
                            image.patch(kTableStart + 2, 0, "01").rehash(kTableStart + 2);
                          }}));
}

void add_replicas(std::vector<Recipe>& all) {
  const auto& t = tables::kReplication;
  all.push_back(in_small_blocks("REPL-001", t));
  all.push_back(repaired_in_table({"REPL-001", "a count of four replicas", t, [](TableContent& c) {
                                     c.header["active_replicas"] = int64_t{4};
                                   }}));
  all.push_back(
      in_table({"REPL-001", "more tracked blocks than the region has room for", t,
                [](TableContent& c) { c.header["tracked_blocks"] = int64_t{3 * 4080 * 8 + 1}; }}));
  all.push_back(in_table({"REPL-004", "a duplicate replica", t, [](TableContent& c) {
                            set(c, 0, 2, "replica", std::string(16, 1));
                            set(c, 1, 2, "replica", std::string(16, 1));
                          }}));
  all.push_back(in_table({"REPL-005", "status 4", t,
                          [](TableContent& c) { set(c, 1, 1, "sync_status", int64_t{4}); }}));
  all.push_back(in_table({"REPL-006",
                          "bit 100 of 100 is set",
                          t,
                          [](TableContent&) {},
                          {},
                          kTableStart + 1,
                          [](ImageBuilder& image) {
                            image.patch(kTableStart + 1, 12, "10").rehash(kTableStart + 1);
                          }}));
  all.push_back(in_table({"REPL-010", "a watermark of another replica", t,
                          [](TableContent& c) { set(c, 1, 1, "replica", std::string(16, 9)); }}));
}

void add_rings(std::vector<Recipe>& all) {
  const auto& t = tables::kStreaming;
  all.push_back(in_table({"STRE-001", "no growth", t,
                          [](TableContent& c) { c.header["growth_increment"] = int64_t{0}; }}));
  all.push_back(repaired_in_table({"STRE-006", "two entries between 4 and 5", t,
                                   [](TableContent& c) { c.header["entry_count"] = int64_t{2}; }}));
  all.push_back(in_table({"STRE-006", "more blocks allocated than the capacity", t,
                          [](TableContent& c) { c.header["allocated_blocks"] = int64_t{4}; }}));
  all.push_back(in_table({"STRE-010", "a capacity of five blocks", t,
                          [](TableContent& c) { c.header["max_capacity_blocks"] = int64_t{5}; }}));
}

void add_cursors(std::vector<Recipe>& all) {
  const auto& t = tables::kSubscribers;
  all.push_back(repaired_in_table({"WALS-001", "129 cursors", t, [](TableContent& c) {
                                     c.header["cursor_count"] = int64_t{129};
                                   }}));
  all.push_back(repaired_in_table({"WALS-003", "the count is one too low", t, [](TableContent& c) {
                                     c.header["cursor_count"] = int64_t{2};
                                   }}));
  all.push_back(in_table({"WALS-004", "a duplicate subscriber", t,
                          [](TableContent& c) { set(c, 0, 2, "subscriber", int64_t{1}); }}));
  all.push_back(in_table(
      {"WALS-005", "flag 32", t, [](TableContent& c) { set(c, 0, 1, "flags", int64_t{32}); }}));
  all.push_back(in_table({"WALS-005", "subscriber 0", t,
                          [](TableContent& c) { set(c, 0, 1, "subscriber", int64_t{0}); }}));
  all.push_back(in_table({"ZNSM-005", "state 5", tables::kZones,
                          [](TableContent& c) { set(c, 0, 1, "state", int64_t{5}); }}));
}

// Two blocks of the region, with one key slot in use.
Recipe in_keys(std::string code, std::string name, void (*change)(EncryptionTable&)) {
  return lost(
      {code,
       std::move(name),
       [=](ImageBuilder& image) {
         make_table_region(image, block_types::kEncryption);
         EncryptionTable table;
         KeySlot slot;
         slot.status = kKeySlotActive;
         slot.algorithm = 1;
         table.slots.push_back(slot);
         table.header.active_slot = 0;
         table.header.active_slots = 1;
         change(table);
         must(encode_encryption(table, image.payload(kTableStart), image.payload(kTableStart + 1)));
         image.rehash(kTableStart).rehash(kTableStart + 1);
       },
       {code},
       kTableStart});
}

Recipe after_keys(std::string name, uint64_t block, size_t at) {
  Recipe recipe = in_keys("SUPB-005", std::move(name), [](EncryptionTable&) {});
  recipe.damage = [sound = recipe.damage, block, at](ImageBuilder& image) {
    sound(image);
    image.patch(kTableStart + block, at, "01").rehash(kTableStart + block);
  };
  recipe.block = kTableStart + block;
  return recipe;
}

void add_keys(std::vector<Recipe>& all) {
  Recipe rotations = in_keys("ENCR-001", "more rotations than fit", [](EncryptionTable&) {});
  rotations.damage = [sound = rotations.damage](ImageBuilder& image) {
    sound(image);
    image.patch(kTableStart, 2, "ffff").rehash(kTableStart);
  };
  all.push_back(rotations);
  all.push_back(
      fully_repaired(in_keys("ENCR-002", "a count of two active slots",
                             [](EncryptionTable& table) { table.header.active_slots = 2; })));
  all.push_back(
      fully_repaired(in_keys("ENCR-002", "the slot in use is empty",
                             [](EncryptionTable& table) { table.header.active_slot = 5; })));
  all.push_back(in_keys("ENCR-002", "a slot has the index of another one",
                        [](EncryptionTable& table) { table.slots[0].index = 3; }));
  all.push_back(in_keys("ENCR-005", "algorithm 3",
                        [](EncryptionTable& table) { table.slots[0].algorithm = 3; }));
  Recipe rotation = in_keys("ENCR-005", "a rotation to slot 63", [](EncryptionTable& table) {
    table.rotations.push_back({{}, kNoKeySlot, kMaxKeySlots, 0});
  });
  rotation.block = kTableStart + 1;
  all.push_back(rotation);
  all.push_back(after_keys("bytes after the key slots of the first block", 0, 4079));
  all.push_back(after_keys("bytes after the last key rotation", 1, 4079));
  all.push_back(in_keys("SUPB-005", "reserved bytes of the encryption header",
                        [](EncryptionTable& table) { table.header.reserved[1] = 1; }));
  all.push_back(in_keys("SUPB-005", "reserved bytes of a key slot",
                        [](EncryptionTable& table) { table.slots[0].reserved = 1; }));
}

Recipe in_policies(std::string code, std::string name, size_t at, std::string_view hex) {
  return lost({code,
               std::move(name),
               [=](ImageBuilder& image) {
                 make_table_region(image, block_types::kPolicyVault);
                 PolicyEntry policy;
                 policy.id.bytes.fill(1);
                 policy.data = {3};
                 must(encode_policies(std::vector{policy}, image.payload(kTableStart)));
                 image.patch(kTableStart, at, hex).rehash(kTableStart);
               },
               {code},
               kTableStart});
}

void add_policies(std::vector<Recipe>& all) {
  all.push_back(fully_repaired(in_policies("POLV-001", "a negative count", 0, "ffffffff")));
  all.push_back(fully_repaired(in_policies("POLV-001", "a count of two", 0, "02")));
  all.push_back(fully_repaired(in_policies("POLV-003", "a count of zero", 0, "00")));
  all.push_back(in_policies("POLV-001", "a length that exceeds the block", 4 + 36, "00100000"));
  all.push_back(in_policies("POLV-003", "other bytes after the last policy", 100, "01"));
  // A second policy with the id of the first one: ids of 16 bytes, 24 zeros, no data.
  Recipe twice = in_policies("POLV-004", "two policies with the same id", 0, "02");
  twice.damage = [sound = twice.damage](ImageBuilder& image) {
    sound(image);
    constexpr size_t kSecond = 4 + 40 + 1;
    image.patch(kTableStart, kSecond, "01010101010101010101010101010101").rehash(kTableStart);
  };
  all.push_back(twice);
  // From the type on: version, both times, a length of 1, and the byte.
  all.push_back(in_policies("POLV-005", "response 5 to tampering", 4 + 16,
                            "74000000"
                            "00000000000000000000000000000000"
                            "01000000"
                            "05"));
  Recipe seal = in_policies("SUPB-005", "bytes after the HMAC", 4, "01");
  seal.damage = [sound = seal.damage](ImageBuilder& image) {
    sound(image);
    image.patch(kTableStart + 1, 32, "01").rehash(kTableStart + 1);
  };
  seal.block = kTableStart + 1;
  all.push_back(seal);
}

Recipe in_tree(std::string code, std::string name, uint64_t block, size_t at,
               std::string_view hex) {
  return lost({code,
               std::move(name),
               [=](ImageBuilder& image) {
                 make_tree(image);
                 image.patch(block, at, hex).rehash(block);
               },
               {code},
               block});
}

void add_tree(std::vector<Recipe>& all) {
  const auto at_node = [](uint64_t node) { return node_place(node, 4096).offset; };
  all.push_back(in_tree("MTRK-001", "a capacity of 3", kTableStart, 4, "03"));
  all.push_back(
      in_tree("MTRK-001", "a tree of two million leaves", kTableStart, 0, "0000200000002000"));
  all.push_back(
      fully_repaired(in_tree("MTRK-002", "another root in the header", kTableStart, 20, "aa")));
  all.push_back(in_tree("MTRK-002", "a leaf was changed", kTableStart + 1, at_node(5), "aa"));
  Recipe leaf =
      in_tree("MTRK-003", "an unused leaf is not zero", kTableStart + 1, at_node(7), "aa");
  leaf.expected = {"MTRK-002", "MTRK-003"};
  all.push_back(fully_repaired(leaf));
  all.push_back(fully_repaired(
      in_tree("MTRK-002", "an inner node was changed", kTableStart + 1, at_node(2), "aa")));
  all.push_back(
      lost({"MTRK-004",
            "counts of 0, and content",
            [](ImageBuilder& image) { image.patch(kTableStart, 8, "01").rehash(kTableStart); },
            {"MTRK-004"},
            kTableStart}));
  // 255 nodes need three blocks of 127, plus the header block. The block removed from the region is
  // leaked.
  all.push_back(lost(
      {"MTRK-005",
       "the region is one block short",
       [](ImageBuilder& image) {
         constexpr int32_t kLeaves = 128;
         edit(image, kTableStart, 0, kIntegrityTreeHeaderLayout, [&](IntegrityTreeHeader& header) {
           header.leaf_count = kLeaves;
           header.capacity = kLeaves;
         }).rehash(kTableStart);
         image.slot(image.slot_of("MTRK"), [](RegionSlot& slot) { --slot.count; });
       },
       {"MTRK-005", "BMAP-007"},
       kTableStart}));
  all.push_back(lost({"MTRK-004",
                      "no leaves, and content in a later block",
                      [](ImageBuilder& image) {
                        image.patch(kTableStart, 4, "01").rehash(kTableStart);
                        image.patch(kTableStart + 2, 0, "01").rehash(kTableStart + 2);
                      },
                      {"MTRK-004"},
                      kTableStart}));
  all.push_back(in_tree("SUPB-005", "bytes after the header of the tree", kTableStart, 40, "01"));
  all.push_back(
      in_tree("SUPB-005", "bytes after the nodes of the tree", kTableStart + 1, at_node(8), "01"));
}

}  // namespace

std::vector<Recipe> state_recipes() {
  std::vector<Recipe> all;
  add_operations(all);
  add_shards(all);
  add_replicas(all);
  add_rings(all);
  add_cursors(all);
  add_keys(all);
  add_policies(all);
  add_tree(all);
  return all;
}

}  // namespace vde::test

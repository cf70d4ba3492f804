// The strict reader on the samples: it must accept each sample as the listing says that the SDK
// does, and where the SDK reads a region it must return the entries of the listing.
#include "support/strict/strict_reader.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "support/vectors.h"
#include "vde/guid.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

constexpr std::array<const char*, 5> kReadRegions{"TAGI", "CODE", "SNAP", "MTRK", "ENCR"};

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

template <size_t N>
std::string hex(const std::array<uint8_t, N>& bytes) {
  return hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

std::string guid(const std::array<uint8_t, 16>& bytes) {
  return to_string(Guid{bytes});
}

std::string sha256_hex(std::string_view bytes) {
  std::array<uint8_t, 32> digest{};
  unsigned size = 0;
  REQUIRE(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return hex(digest);
}

template <class T>
void append_le(std::string& bytes, T value) {
  std::array<uint8_t, sizeof(T)> stored{};
  store_le(MutableBytes(stored), 0, value);
  bytes.append(stored.begin(), stored.end());
}

// The `digest` of the listings, as tests/vectors/README.md defines it.
std::string digest_of(std::vector<strict::Tag> tags) {
  const auto rank = [](const strict::Tag& tag) {
    return std::tie(tag.key, tag.value, tag.inode, tag.address);
  };
  std::sort(tags.begin(), tags.end(),
            [&](const auto& left, const auto& right) { return rank(left) < rank(right); });
  std::string bytes;
  for (const strict::Tag& tag : tags) {
    append_le(bytes, static_cast<uint32_t>(tag.key.size()));
    bytes += tag.key;
    append_le(bytes, static_cast<uint32_t>(tag.value.size()));
    bytes += tag.value;
    append_le(bytes, tag.inode);
    append_le(bytes, tag.address);
  }
  return sha256_hex(bytes);
}

json listed(const strict::Snapshot& snapshot) {
  return {{"id", guid(snapshot.id)},
          {"parent", guid(snapshot.parent)},
          {"created_ticks", snapshot.created},
          {"inode_table_start", snapshot.inode_table_start},
          {"inode_table_blocks", snapshot.inode_table_blocks},
          {"data_blocks", snapshot.data_blocks},
          {"flags", snapshot.flags},
          {"label_hex", hex(snapshot.label)}};
}

json listed(const strict::Module& module) {
  return {{"hash", hex(module.hash)},
          {"id", guid(module.id)},
          {"first_block", module.first_block},
          {"block_count", module.block_count},
          {"size", module.size},
          {"abi", module.abi},
          {"registered_ticks", module.registered},
          {"entry_point_hex", hex(module.entry_point)}};
}

json listed(const strict::Tag& tag) {
  return json::array({hex(tag.key), hex(tag.value), tag.inode, tag.address});
}

json listed(const strict::KeySlot& slot) {
  return {{"index", slot.index},
          {"status", slot.status},
          {"algorithm", slot.algorithm},
          {"salt", hex(slot.salt)},
          {"wrapped_key", hex(slot.wrapped_key)},
          {"kdf", slot.kdf},
          {"kdf_iterations", slot.kdf_iterations},
          {"created_ticks", slot.created},
          {"retired_ticks", slot.retired}};
}

json listed(const strict::Rotation& rotation) {
  return {{"ticks", rotation.ticks},
          {"old", rotation.old_slot},
          {"new", rotation.new_slot},
          {"reason", rotation.reason}};
}

json listed(const strict::Slot& slot) {
  return {{"slot", slot.slot},   {"tag", slot.type},    {"flags", slot.flags},
          {"start", slot.start}, {"count", slot.count}, {"used", slot.used}};
}

template <class Entry>
json listed(const std::vector<Entry>& entries) {
  json list = json::array();
  for (const Entry& entry : entries) list.push_back(listed(entry));
  return list;
}

// The entries of `region` in the form of the listing, from the reader's result.
json entries_of(const StrictReader& reader, std::string_view region) {
  if (region == "SNAP") return listed(reader.snapshots());
  if (region == "CODE") return listed(reader.modules());
  if (region == "TAGI") return digest_of(reader.tags());
  if (region == "MTRK") {
    const strict::IntegrityTree& tree = reader.integrity_tree();
    return {{"leaf_count", tree.leaf_count}, {"capacity", tree.capacity}, {"root", hex(tree.root)}};
  }
  json slots = json::array();
  for (const strict::KeySlot& slot : reader.encryption_header().slots)
    if (slot.status != 0) slots.push_back(listed(slot));
  return {{"active_slot", reader.encryption_header().active_slot},
          {"slots", slots},
          {"rotations", listed(reader.encryption_header().rotations)}};
}

json listed_entries(const json& listing, std::string_view region) {
  if (region == "SNAP") return listing.at("snapshots");
  if (region == "CODE") return listing.at("modules");
  if (region == "TAGI") return listing.at("tags").at("digest");
  if (region == "MTRK") return listing.at("integrity_tree");
  return listing.at("encryption_header");
}

// The outcome as the listing names it; "misreads" if the entries differ from those written.
std::string outcome_in_listing(const StrictReader& reader, const json& listing,
                               const std::string& region) {
  const Outcome outcome = reader.outcome(region);
  if (outcome == Outcome::kReads && entries_of(reader, region) != listed_entries(listing, region))
    return "misreads";
  return std::string(to_string(outcome));
}

std::string without_exception_name(const std::string& outcome) {
  return outcome.substr(0, outcome.find(':'));
}

void check_superblock(const strict::Superblock& superblock, const json& listing) {
  CHECK(superblock.block_size == listing.at("block_size"));
  const json& facts = listing.at("superblock");
  CHECK(guid(superblock.uuid) == facts.at("uuid"));
  CHECK(superblock.label == facts.at("label").get<std::string>());
  CHECK(superblock.module_manifest == facts.at("module_manifest"));
  CHECK(superblock.total_blocks == facts.at("total_blocks"));
  CHECK(superblock.free_blocks == facts.at("free_blocks"));
  CHECK(superblock.expected_file_size == facts.at("expected_file_size"));
  CHECK(superblock.total_allocated_blocks == facts.at("total_allocated_blocks"));
  CHECK(superblock.inode_size == facts.at("inode_size"));
  CHECK(superblock.checkpoint_sequence == facts.at("checkpoint_sequence"));
  CHECK(superblock.created == facts.at("created_ticks"));
  CHECK(superblock.modified == facts.at("modified_ticks"));
}

void check_tag_index(const StrictReader& reader, const json& listing) {
  const json& tags = listing.at("tags");
  const strict::TagIndex& index = reader.tag_index();
  CHECK(index.entry_count() == tags.at("entry_count"));
  CHECK(reader.tags().size() == tags.at("entry_count"));
  CHECK(index.depth() == tags.at("depth"));
  CHECK(index.levels_below_root() == tags.at("depth"));
  CHECK(index.reachable_nodes() == tags.at("nodes"));
  CHECK(index.bloom_bits() == tags.at("bloom_bits"));
  CHECK(index.bloom_hashes() == tags.at("bloom_hashes"));
  if (!tags.contains("entries_left_out")) CHECK(listed(reader.tags()) == tags.at("entries"));

  const strict::TagIndex::Lookups lookups = index.lookups();
  const json& existing = listing.at("existing_reader");
  CHECK(lookups.distinct_keys == tags.at("distinct_keys"));
  CHECK(lookups.found == existing.at("keys_found_by_lookup"));
  CHECK(lookups.found_whole == existing.at("keys_with_all_entries_found"));
}

std::vector<uint8_t> everything() {
  return vector_image("everything-1");
}

// The offset in `image` of block `block` of a region.
size_t block_at(const std::vector<uint8_t>& image, std::string_view tag, size_t block) {
  const StrictReader reader(image);
  const auto& slots = reader.directory();
  const auto slot =
      std::find_if(slots.begin(), slots.end(), [&](const auto& each) { return each.type == tag; });
  REQUIRE(slot != slots.end());
  return (static_cast<size_t>(slot->start) + block) *
         static_cast<size_t>(reader.superblock().block_size);
}

// Updates the trailer's hash of the 4096-byte block at `offset`.
void rehash(std::vector<uint8_t>& image, size_t offset) {
  store_le(MutableBytes(image), offset + 4088, XXH64(image.data() + offset, 4080, 0));
}

}  // namespace

TEST_CASE("the strict reader accepts every sample as the SDK does") {
  const std::vector<std::string> names = vector_names();
  CHECK(names.size() == 30);
  for (const std::string& name : names) {
    CAPTURE(name);
    const json listing = vector_listing(name);
    const json& existing = listing.at("existing_reader");
    const StrictReader reader(vector_image(name));

    CHECK(reader.validates() == existing.at("validates"));
    const bool rejected = existing.value("superblock_group", "") == "both groups rejected";
    CHECK(reader.group() == (rejected ? strict::Group::kRejected : strict::Group::kPrimary));
    CHECK(listed(reader.directory()) == listing.at("regions"));
    if (!rejected) {
      CHECK(reader.pointer_table() == reader.directory());
      check_superblock(reader.superblock(), listing);
    }
    for (const std::string region : kReadRegions) {
      CAPTURE(region);
      CAPTURE(reader.failure(region));
      CHECK(outcome_in_listing(reader, listing, region) ==
            without_exception_name(existing.value(region, "absent")));
    }
    CHECK((reader.outcome("TAGI") == Outcome::kReads) == listing.contains("tags"));
    if (listing.contains("tags")) check_tag_index(reader, listing);
  }
}

TEST_CASE("unused space is read as entries of zeros, and the last real ones are missing") {
  const json listing = vector_listing("snap-leftover");
  const StrictReader reader(vector_image("snap-leftover"));
  CHECK(reader.snapshots().size() == listing.at("snapshots").size());
  // 30 entries of 132 bytes fill block 0 except 104 bytes, which have room for one record.
  CHECK(reader.snapshots()[29].label.size() == 64);
  CHECK(reader.snapshots()[30] == strict::Snapshot{});
  CHECK(listed(reader.snapshots()[31]) == listing.at("snapshots")[30]);
}

TEST_CASE("the mirror group stands in for the primary, and without it the image is rejected") {
  std::vector<uint8_t> image = everything();
  image[2 * 4096 + 100] ^= 1;
  const StrictReader by_mirror(image);
  CHECK(by_mirror.group() == strict::Group::kMirror);
  CHECK(by_mirror.validates());
  CHECK(by_mirror.tags().size() == 900);

  image[7 * 4096 + 100] ^= 1;
  const StrictReader by_none(image);
  CHECK(by_none.group() == strict::Group::kRejected);
  CHECK_FALSE(by_none.validates());
  CHECK(by_none.tags().size() == 900);
}

TEST_CASE("with a wrong directory hash no region is found") {
  std::vector<uint8_t> image = everything();
  image[8 * 4096 + 5] ^= 1;
  rehash(image, 8 * 4096);
  const StrictReader reader(image);
  CHECK_FALSE(reader.validates());
  CHECK(reader.outcome("TAGI") == Outcome::kAbsent);
}

TEST_CASE("one unused block without a trailer makes SNAP, CODE, MTRK and ENCR fail, but not TAGI") {
  for (const std::string region : {"SNAP", "CODE", "MTRK", "ENCR", "TAGI"}) {
    CAPTURE(region);
    std::vector<uint8_t> image = everything();
    const size_t block = block_at(image, region, region == "ENCR" || region == "TAGI" ? 1 : 63);
    std::fill_n(image.begin() + static_cast<std::ptrdiff_t>(block + 4080), 16, uint8_t{0});
    CHECK(StrictReader(image).outcome(region) ==
          (region == "TAGI" ? Outcome::kReads : Outcome::kFails));
  }
}

TEST_CASE("any block that does not parse as a node makes TAGI fail, reachable or not") {
  const std::vector<uint8_t> image = everything();
  const size_t spare = block_at(image, "TAGI", 63);
  struct Change {
    std::vector<uint8_t> head;
    Outcome outcome;
  };
  // The rest of the block is zero: entries of 18 bytes and keys of one byte, with empty texts.
  // There are 4073 bytes for entries; a node of 4096 bytes may count 510 keys.
  for (const Change& change :
       {Change{{0, 0, 0}, Outcome::kReads}, Change{{1, 0, 0}, Outcome::kReads},
        Change{{2, 0, 0}, Outcome::kFails}, Change{{1, 226, 0}, Outcome::kReads},
        Change{{1, 227, 0}, Outcome::kFails}, Change{{0, 0xFE, 1}, Outcome::kReads},
        Change{{0, 0xFF, 1}, Outcome::kFails}}) {
    std::vector<uint8_t> changed = image;
    std::copy(change.head.begin(), change.head.end(),
              changed.begin() + static_cast<std::ptrdiff_t>(spare));
    CAPTURE(change.head);
    CHECK(StrictReader(changed).outcome("TAGI") == change.outcome);
  }
}

TEST_CASE("TAGI needs a Bloom filter of at least one bit and one hash in block 0") {
  struct Change {
    int32_t bits;
    uint8_t hashes;
    Outcome outcome;
  };
  const std::vector<uint8_t> image = everything();
  const size_t header = block_at(image, "TAGI", 0);
  for (const Change& change :
       {Change{1, 1, Outcome::kReads}, Change{0, 1, Outcome::kFails}, Change{1, 0, Outcome::kFails},
        Change{-8, 1, Outcome::kFails}, Change{(4080 - 16) * 8, 5, Outcome::kReads},
        Change{(4080 - 16) * 8 + 1, 5, Outcome::kFails}}) {
    std::vector<uint8_t> changed = image;
    store_le(MutableBytes(changed), header + 6, change.bits);
    changed[header + 10] = change.hashes;
    CAPTURE(change.bits);
    CHECK(StrictReader(changed).outcome("TAGI") == change.outcome);
  }
}

TEST_CASE("a key that the Bloom filter excludes is not found") {
  std::vector<uint8_t> image = everything();
  const StrictReader whole(image);
  const std::string key = whole.tags().front().key;
  CHECK(whole.find(key) == std::vector{whole.tags().front()});
  CHECK(whole.find(key + "x").empty());

  const size_t header = block_at(image, "TAGI", 0);
  std::fill_n(image.begin() + static_cast<std::ptrdiff_t>(header + 16), 1024, uint8_t{0});
  const StrictReader excluded(image);
  CHECK(excluded.tags().size() == 900);
  CHECK(excluded.find(key).empty());
}

TEST_CASE("a lookup loses equal keys left of an equal separator, and follows them to the right") {
  std::vector<uint8_t> image = vector_image("tags-equal");
  const StrictReader as_written(image);
  CHECK(as_written.find("color").size() < 100);
  CHECK(as_written.find("color").size() > 0);

  // With separators greater than the key the lookup starts at the first leaf of the run.
  const size_t root = block_at(image, "TAGI", 1);
  const auto keys = image.begin() + static_cast<std::ptrdiff_t>(root);
  const std::string key = "color";
  for (auto at = keys; (at = std::search(at, keys + 4080, key.begin(), key.end())) != keys + 4080;)
    at[4] = 's';
  CHECK(StrictReader(image).find("color").size() == 100);
}

TEST_CASE("a prefix search finds all compound keys of the first part") {
  const StrictReader reader(vector_image("tags-compound"));
  std::set<std::string> prefixes;
  for (const strict::Tag& tag : reader.tags())
    prefixes.insert(tag.key.substr(0, tag.key.find('\0') + 1));
  CHECK(prefixes.size() > 1);
  for (const std::string& prefix : prefixes) {
    std::vector<strict::Tag> expected;
    for (const strict::Tag& tag : reader.tags())
      if (tag.key.starts_with(prefix)) expected.push_back(tag);
    CHECK(reader.tag_index().find_prefix(prefix) == expected);
  }
}

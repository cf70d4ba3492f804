// The samples, with a secret in every byte that does not belong to a field that may stay. Fields
// are found by the code of `dump`, which knows nothing of copies.
#include <doctest/doctest.h>

#include <set>

#include "copy_in_memory.h"
#include "support/effort.h"
#include "support/image_builder.h"
#include "support/vectors.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

// Structures of which no field may stay.
const std::set<std::string> kSecretStructures = {"extended metadata",
                                                 "integrity anchor",
                                                 "header seal",
                                                 "policy vault",
                                                 "policy",
                                                 "policy vault seal",
                                                 "inode",
                                                 "anonymization table",
                                                 "mapping",
                                                 "audit log",
                                                 "audit entry",
                                                 "compliance vault",
                                                 "passport",
                                                 "consensus log",
                                                 "consensus group",
                                                 "metrics log",
                                                 "sample",
                                                 "metrics log of revision 2.1",
                                                 "measure",
                                                 "federation table",
                                                 "place",
                                                 "federated volume",
                                                 "dirty bitmap"};

// Fields that may not stay, by name.
const std::set<std::string> kSecretFields = {"label",
                                             "cluster_node_id",
                                             "last_writer_session_id",
                                             "last_writer_node_id",
                                             "padding",
                                             "reserved",
                                             "value",
                                             "entry_point",
                                             "wrapped_key",
                                             "salt",
                                             "hash",
                                             "root",
                                             "content_hash",
                                             "source",
                                             "target",
                                             "vde",
                                             "payload",
                                             "checkpoint_data",
                                             "bloom_ones",
                                             "encryption_key_fingerprint",
                                             "migration",
                                             "checksum",
                                             "slots_checksum"};

bool is_secret(const std::string& structure, const std::string& field) {
  // "padding" of the inode layout is a count; operations name places, not volumes.
  if (structure == "inode layout" && field == "padding") return false;
  if (structure.starts_with("operation") && (field == "source" || field == "target")) return false;
  if (structure.starts_with("integrity tree node")) return true;
  // Places of lists have a number.
  const std::string name = structure.substr(0, structure.find_last_not_of("0123456789 ") + 1);
  return kSecretStructures.contains(structure) || kSecretStructures.contains(name) ||
         kSecretFields.contains(field);
}

bool is_query_index(const nlohmann::ordered_json& block) {
  return block["owner"].is_object() && block["owner"].dump().find("BTRE") != std::string::npos;
}

// The bytes of a block that fields cover which may stay.
std::vector<bool> stays(const Json& block, Bytes bytes) {
  const size_t size = bytes.size();
  std::vector<bool> result(size, false);
  for (size_t i = size - kTrailerSize; i < size; ++i) result[i] = true;
  if (is_query_index(block)) return result;
  // A slot with a type or flags is in use.
  if (block["decoded_as"] == "RMAP" && block["block"] != 9)
    for (size_t i = 0; i < size_t{slots_per_block(static_cast<uint32_t>(size))} * 32; ++i)
      if (i % 32 < 8) result[i] = true;
  // A replica's place with an id is in use, wherever it is.
  if (block["decoded_as"] == "REPL")
    for (size_t i = 0; i < size; ++i) result[i] = bytes[i] == 0;
  // A key slot with a status is in use.
  if (block["decoded_as"] == "ENCR")
    for (size_t i = 1; i + 7 < size; i += 124) result[i] = result[i + 8] = true;
  for (const Json& structure : block["structures"])
    for (const Json& field : structure["fields"]) {
      if (is_secret(structure["name"], field["name"])) continue;
      const uint64_t begin = field["offset"];
      const uint64_t end = begin + field["width"].get<uint64_t>();
      for (uint64_t i = begin; i < end && i < size; ++i) result[i] = true;
    }
  return result;
}

// Hides the secret in one block, and renews its checksum.
void hide_around_fields(MemoryFile& original, ImageBuilder& image, uint64_t number) {
  const MutableBytes block = image.block(number);
  if (all_zero(block)) return;
  Json found;
  BlockSelection selection{BlockSelection::Kind::kBlocks, {number, number + 1}, {}, {}};
  const auto shown = dump_blocks(original, selection, Activity{}, [&](const Json& json) {
    found = json;
    return Result<void>{};
  });
  if (!shown) return;
  const std::vector<bool> kept = stays(found, block);
  for (size_t i = 0; i < block.size(); ++i)
    if (!kept[i]) block[i] = kSecret[i % kSecret.size()];
  if (found["verified"] == true) image.rehash(number);
}

uint32_t block_size_of(const std::string& name) {
  const nlohmann::json listing = vector_listing(name);
  if (!listing.contains("superblock") || !listing["superblock"].contains("block_size")) return 4096;
  return listing["superblock"]["block_size"];
}

}  // namespace

TEST_CASE("a secret around the fields of all blocks of a sample is in no scrubbed copy") {
  Share share(test_effort());
  size_t copies = 0;
  for (const std::string& name : all_vector_names()) {
    // A tree of 65536 tags is the same thing again and again.
    if (name.starts_with("tags-65536") || name.starts_with("tags-10000") || !share.takes_next())
      continue;
    CAPTURE(name);
    MemoryFile original(vector_image(name));
    ImageBuilder image(original.bytes(), block_size_of(name));
    const uint64_t blocks = original.bytes().size() / image.block_size();
    for (uint64_t number = 0; number < blocks; ++number)
      hide_around_fields(original, image, number);
    if (blocks > kFirstRegionBlock) image.fit_directory();
    const auto copy = try_copy(image.file(), CopyContent::kScrubbed);
    if (!copy) continue;
    REQUIRE(find_secret(image.bytes()) != std::string::npos);
    CHECK(find_secret(copy->bytes) == std::string::npos);
    ++copies;
  }
  CHECK(copies > static_cast<size_t>(50 * std::min(test_effort(), 1.0)));
}

// The samples that prove something: seals and signatures with their keys, the metadata chain hash
// and the format fingerprint. The strict reader judges them too, and what vdetool makes of them.
#include <doctest/doctest.h>

#include "format/extended_metadata.h"
#include "format/integrity_anchor.h"
#include "journal/metadata_chain.h"
#include "probe/probe.h"
#include "support/evidence_image.h"
#include "support/files/borrowed_file.h"
#include "support/files/faulty_file.h"
#include "support/must.h"
#include "support/strict/strict_evidence.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/image.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;
using strict::Proof;

namespace {

SharedKey key_of(const std::string& hex) {
  return std::make_shared<const SecretKey>(from_hex(hex).value());
}

// The key of this name in the listing of a sample.
SharedKey tamper_key(const std::string& sample, const std::string& name) {
  return key_of(vector_listing(sample).at("tamper").at(name));
}

// What is found in superblock groups and policy vault.
std::vector<std::string> evidence_codes(std::vector<std::string> codes) {
  std::erase_if(codes, [](const std::string& code) {
    return !code.starts_with("SUPB-") && !code.starts_with("POLV-");
  });
  return codes;
}

std::vector<std::string> codes(const std::string& sample, SecretKeys keys = {}) {
  MemoryFile file(vector_image(sample));
  VerifyOptions options{VerifyScope::kAll, 1, 0};
  options.keys = std::move(keys);
  return evidence_codes(verified(file, options).codes);
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("samples are judged with their keys, with others and without") {
  const SharedKey seal = tamper_key("sealed-all", "hmac_key");
  const SharedKey space = tamper_key("sealed-all", "namespace_key");
  const SharedKey other = test_key();
  CHECK(codes("sealed-all") == Codes{"SUPB-007"});
  CHECK(codes("sealed-all", {seal, space}) == Codes{"SUPB-007"});
  CHECK(codes("sealed-all", {seal}) == Codes{"SUPB-007", "SUPB-019"});
  CHECK(codes("sealed-all", {space}) == Codes{"SUPB-017"});
  CHECK(codes("sealed-all", {other}) == Codes{"SUPB-017", "SUPB-018"});
  CHECK(codes("namespace-signed") == Codes{});
  CHECK(codes("namespace-signed", {space}) == Codes{});
  CHECK(codes("namespace-signed", {other}) == Codes{"SUPB-018"});
  const SharedKey policy = key_of(vector_listing("polv-tamper").at("policy_hmac_key"));
  CHECK(codes("polv-tamper") == Codes{});
  CHECK(codes("polv-tamper", {policy}) == Codes{});
  CHECK(codes("polv-tamper", {other}) == Codes{"POLV-010"});
  CHECK(codes("chain-stale") == Codes{"SUPB-013"});
  CHECK(codes("fingerprint-other") == Codes{"SUPB-014"});
  CHECK(codes("fingerprint-other", {other}) == Codes{"SUPB-014", "SUPB-020"});
}

TEST_CASE("a signature that was removed is missed by its key") {
  const uint32_t block_size = 4096;
  ImageBuilder image(vector_image("sealed-all"), block_size);
  for (const uint64_t block : {kPrimaryGroup + 2, kMirrorGroup + 2}) {
    std::ranges::fill(image.payload(block).subspan(kNamespaceSignatureOffset, 64), uint8_t{0});
    image.rehash(block);
  }
  VerifyOptions options{VerifyScope::kMetadata, 1, 0};
  options.keys = {tamper_key("sealed-all", "hmac_key"), tamper_key("sealed-all", "namespace_key")};
  CHECK(evidence_codes(verified(image.file(), options).codes) == Codes{"SUPB-007", "SUPB-021"});
}

TEST_CASE("a seal in a damaged superblock is not called removed") {
  ImageBuilder image;
  seal_image(image, test_key());
  image.flip(kPrimaryGroup, 200).flip(kMirrorGroup, 200);
  VerifyOptions options{VerifyScope::kMetadata, 1, 0};
  options.keys = {test_key()};
  const Codes found = verified(image.file(), options).codes;
  CHECK(std::ranges::count(found, "SUPB-010") == 1);
  CHECK(std::ranges::count(found, "SUPB-020") == 0);
}

TEST_CASE("what fits a key is listed as intact") {
  MemoryFile file(vector_image("sealed-all"));
  VerifyOptions options{VerifyScope::kAll, 1, 0};
  options.keys = {tamper_key("sealed-all", "hmac_key"), tamper_key("sealed-all", "namespace_key")};
  const Verified result = verified(file, options);
  const auto& intact = result.summary.intact;
  CHECK(std::ranges::count(intact, "header seal") == 1);
  CHECK(std::ranges::count(intact, "namespace signature") == 1);
}

TEST_CASE("a stream is judged with a key as a file is") {
  for (const std::string sample : {"sealed-all", "polv-tamper", "namespace-signed"}) {
    CAPTURE(sample);
    const std::vector<uint8_t> image = vector_image(sample);
    VerifyOptions options{VerifyScope::kAll, 1, 0};
    options.keys = {test_key()};
    CHECK(evidence_codes(streamed(reader_of(image), options).codes) == codes(sample, options.keys));
  }
}

TEST_CASE("every sample with a policy HMAC in its listing fits it") {
  size_t checked = 0;
  for (const std::string& sample : all_vector_names()) {
    const auto listing = vector_listing(sample);
    if (!listing.contains("policy_hmac_key")) continue;
    CAPTURE(sample);
    const SharedKey key = key_of(listing.at("policy_hmac_key"));
    const std::vector<uint8_t> image = vector_image(sample);
    CHECK(strict::policy_seal(image, key->bytes()) == Proof::kFits);
    const Codes found = codes(sample, {key});
    CHECK(std::ranges::count(found, "POLV-010") == 0);
    ++checked;
  }
  CHECK(checked >= 2);
}

TEST_CASE("the strict reader agrees with the samples") {
  const SharedKey seal = tamper_key("sealed-all", "hmac_key");
  const SharedKey space = tamper_key("sealed-all", "namespace_key");
  const std::vector<uint8_t> sealed = vector_image("sealed-all");
  CHECK(strict::header_seal(sealed, seal->bytes()) == Proof::kFits);
  CHECK(strict::header_seal(sealed, space->bytes()) == Proof::kWrong);
  CHECK(strict::namespace_signature(sealed, space->bytes()) == Proof::kFits);
  CHECK(strict::namespace_signature(sealed, seal->bytes()) == Proof::kWrong);
  CHECK(strict::metadata_chain(sealed) == Proof::kFits);
  CHECK(strict::metadata_chain(vector_image("chain-stale")) == Proof::kWrong);
  CHECK(strict::metadata_chain(vector_image("namespace-signed")) == Proof::kAbsent);
  CHECK(strict::header_seal(vector_image("chain-stale"), seal->bytes()) == Proof::kAbsent);
}

TEST_CASE("changes of a sealed and chained image leave one that the strict reader accepts") {
  const SharedKey key = tamper_key("sealed-all", "hmac_key");
  MemoryFile file(vector_image("sealed-all"));
  int64_t generation = 1;
  for (int i = 0; i < 3; ++i) {
    Image image = must(Image::open(std::make_unique<BorrowedFile>(file),
                                   {.mode = OpenMode::kReadWrite, .keys = {key}}));
    Change change = must(image.begin());
    if (i != 1) must(change.set_label("label " + std::to_string(i)));
    if (i != 0) (void)must(change.snapshots().create({.label = "snapshot"}));
    must(change.commit());
    CHECK(strict::header_seal(file.bytes(), key->bytes()) == Proof::kFits);
    CHECK(strict::metadata_chain(file.bytes()) == Proof::kFits);
    const Probe probe = must(probe_image(file));
    CHECK(probe.anchor.chain_generation > generation);
    generation = probe.anchor.chain_generation;
    CHECK(probe.anchor.chain == probe.superblock.modified);
  }
  VerifyOptions options{VerifyScope::kAll, 1, 0};
  options.keys = {key, tamper_key("sealed-all", "namespace_key")};
  CHECK(evidence_codes(verified(file, options).codes) == Codes{"SUPB-007"});
}

TEST_CASE("a chain hash over a block that cannot be read counts as stale") {
  MemoryFile file(vector_image("sealed-all"));
  const Probe probe = must(probe_image(file));
  const uint64_t last = chain_heads(probe.slots, probe.manifest(), probe.blocks_in_file()).back();
  FaultyFile faulty(file, probe.block_size, {last});
  Image image = must(
      Image::open(std::make_unique<BorrowedFile>(faulty),
                  {.mode = OpenMode::kReadWrite, .keys = {tamper_key("sealed-all", "hmac_key")}}));
  Change change = must(image.begin());
  must(change.set_label("new"));
  must(change.commit());
  CHECK(must(probe_image(file)).anchor == probe.anchor);
}

TEST_CASE("a stale chain hash is left alone") {
  MemoryFile file(vector_image("chain-stale"));
  const IntegrityAnchor before = must(probe_image(file)).anchor;
  Image image =
      must(Image::open(std::make_unique<BorrowedFile>(file), {.mode = OpenMode::kReadWrite}));
  Change change = must(image.begin());
  must(change.set_label("new"));
  must(change.commit());
  CHECK(must(probe_image(file)).anchor == before);
  CHECK(evidence_codes(verified(file).codes) == Codes{"SUPB-013"});
}

TEST_CASE("a key that does not fit changes nothing") {
  struct Refused {
    std::string sample;
    SharedKey key;
    std::string words;
  };
  const SharedKey right = tamper_key("sealed-all", "hmac_key");
  for (const Refused& refused : {Refused{"sealed-all", nullptr, "the image is sealed"},
                                 Refused{"sealed-all", test_key(), "does not fit"},
                                 Refused{"chain-stale", right, "not sealed"}}) {
    CAPTURE(refused.sample);
    MemoryFile file(vector_image(refused.sample));
    OpenOptions options{.mode = OpenMode::kReadWrite};
    if (refused.key) options.keys = {refused.key};
    const auto image = Image::open(std::make_unique<BorrowedFile>(file), options);
    REQUIRE_FALSE(image.has_value());
    CHECK(image.error().code == ErrorCode::kUnsupported);
    CHECK(image.error().message.find(refused.words) != std::string::npos);
    CHECK(file.bytes() == vector_image(refused.sample));
  }
}

TEST_CASE("a byte of the superblock changed under its seal is found with the key") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder sealed({block_size, 256, "none"});
    seal_image(sealed, test_key());
    VerifyOptions options{VerifyScope::kMetadata, 1, 0};
    options.keys = {test_key()};
    REQUIRE(verified(sealed.file(), options).codes == Codes{"SUPB-007"});
    for (size_t at = 0; at < payload_size(block_size); ++at) {
      CAPTURE(at);
      ImageBuilder changed(sealed.bytes(), block_size);
      for (const uint64_t group : {kPrimaryGroup, kMirrorGroup})
        changed.flip(group, at).rehash(group);
      const Verified result = verified(changed.file(), options);
      // Without its signature, version or block size the image is refused.
      if (result.error) continue;
      const bool has_superblock = std::ranges::count(result.codes, "SUPB-010") == 0;
      CHECK((!has_superblock || std::ranges::count(result.codes, "SUPB-017") == 1));
      CHECK(result.summary.errors > 0);
    }
  }
}

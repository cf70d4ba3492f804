#include "damage/recipes/recipes.h"
#include "format/extended_metadata.h"
#include "format/hash.h"
#include "format/region/policy.h"
#include "support/evidence_image.h"
#include "support/table_image.h"

namespace vde::test {
namespace {

Recipe keyed(std::string code, std::string name, std::function<void(ImageBuilder&)> damage,
             std::vector<std::string> expected, std::optional<uint64_t> block) {
  Recipe recipe =
      lost({std::move(code), std::move(name), std::move(damage), std::move(expected), block});
  recipe.keys = {test_key()};
  return recipe;
}

Recipe with_two_keys(Recipe recipe) {
  recipe.keys.push_back(test_key(2));
  return recipe;
}

// Signs the namespace with `key`, and then changes the signature's first byte by `change`.
void sign_namespace(ImageBuilder& image, const SharedKey& key, uint8_t change = 0) {
  for (const uint64_t block : {kPrimaryGroup + 2, kMirrorGroup + 2}) {
    const MutableBytes payload = image.payload(block);
    Opaque<64> signature = hmac_sha512(key->bytes(), payload.first(kNamespaceSignatureOffset));
    signature[0] = static_cast<uint8_t>(signature[0] ^ change);
    std::copy(signature.begin(), signature.end(),
              payload.subspan(kNamespaceSignatureOffset).begin());
    image.rehash(block);
  }
}

// A vault without policies, with the HMAC that `key` gives for it.
void sign_policies(ImageBuilder& image, const SharedKey& key) {
  make_table_region(image, block_types::kPolicyVault);
  image.write(kTableStart, "POLV", "").write(kTableStart + 1, "POLV", "");
  const PolicySeal seal{hmac_sha256(key->bytes(), image.payload(kTableStart))};
  kPolicySealLayout.encode(seal, image.payload(kTableStart + 1));
  image.rehash(kTableStart + 1);
}

}  // namespace

std::vector<Recipe> keyed_recipes() {
  return {
      keyed(
          "SUPB-007", "a seal that fits the key",
          [](ImageBuilder& image) { seal_image(image, test_key()); }, {"SUPB-007"}, 0),
      keyed(
          "SUPB-017", "another label under a seal",
          [](ImageBuilder& image) {
            seal_image(image, test_key());
            image.superblock([](Superblock& superblock) { superblock.label = Text<64>{{'x'}}; });
          },
          {"SUPB-017"}, 0),
      keyed(
          "SUPB-017", "a seal of another key",
          [](ImageBuilder& image) { seal_image(image, test_key(2)); }, {"SUPB-017"}, 0),
      keyed(
          "SUPB-018", "a namespace signature with a wrong byte",
          [](ImageBuilder& image) { sign_namespace(image, test_key(), 1); }, {"SUPB-018"}, 2),
      keyed(
          "SUPB-019", "a namespace of another key",
          [](ImageBuilder& image) {
            seal_image(image, test_key());
            sign_namespace(image, test_key(2));
          },
          {"SUPB-007", "SUPB-019"}, 0),
      keyed(
          "SUPB-020", "a key for an image without a seal", [](ImageBuilder&) {}, {"SUPB-020"},
          std::nullopt),
      with_two_keys(keyed(
          "SUPB-021", "two keys for an image with one seal",
          [](ImageBuilder& image) { seal_image(image, test_key()); }, {"SUPB-007", "SUPB-021"}, 0)),
      keyed(
          "POLV-010", "an HMAC of another key",
          [](ImageBuilder& image) { sign_policies(image, test_key(2)); }, {"POLV-010"},
          kTableStart + 1),
  };
}

}  // namespace vde::test

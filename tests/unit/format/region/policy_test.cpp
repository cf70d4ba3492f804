#include "format/region/policy.h"

#include "../listing.h"
#include "format/hash.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

PolicyEntry example() {
  PolicyEntry policy;
  policy.id = *parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  policy.type = 3;
  policy.version = 1;
  policy.created = Ticks{638700000000000000};
  policy.modified = Ticks{638700000000000001};
  policy.data = {0xAA, 0xBB};
  return policy;
}

std::vector<uint8_t> vault(const std::vector<PolicyEntry>& policies, size_t size = 496) {
  std::vector<uint8_t> payload(size, 0xEE);
  REQUIRE(encode_policies(policies, payload).has_value());
  return payload;
}

}  // namespace

TEST_CASE("the policy vault's bytes") {
  const auto payload = vault({example(), example()});
  const std::string entry =
      "33221100554477668899aabbccddeeff"
      "0300"
      "0100"
      "00c00a1a441edd08"
      "01c00a1a441edd08"
      "02000000"
      "aabb";
  CHECK(to_hex(Bytes(payload).first(88)) == "02000000" + entry + entry);
  CHECK(all_zero(Bytes(payload).subspan(88)));
  CHECK(*decode_policies(payload) == std::vector{example(), example()});
}

TEST_CASE("the seal's bytes") {
  CHECK(runs(bytes_of(kPolicySealLayout, PolicySeal{filled<32>(0x07)})) == "07x32");
}

TEST_CASE(
    "HMACs of RFC 4231: cases 1, 6 and 7, whose keys have 20 and 131 bytes; and an empty key") {
  const auto hmac = [](size_t key_size, uint8_t key_byte, const std::string& text) {
    const std::vector<uint8_t> key(key_size, key_byte);
    return to_hex(hmac_sha256(key, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  };
  CHECK(hmac(20, 0x0B, "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac(131, 0xAA, "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac(131, 0xAA,
             "This is a test using a larger than block-size key and a larger than block-size data. "
             "The key needs to be hashed before being used by the HMAC algorithm.") ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
  CHECK(hmac(0, 0, "") == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("the HMAC-SHA512 of RFC 4231, case 2") {
  const std::string key = "Jefe";
  const std::string text = "what do ya want for nothing?";
  const auto bytes = [](const std::string& of) {
    return Bytes(reinterpret_cast<const uint8_t*>(of.data()), of.size());
  };
  CHECK(to_hex(hmac_sha512(bytes(key), bytes(text))) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("the sample's policies are read, written back and sealed with its key") {
  for_samples_with("policy_count", [](const Sample& sample) {
    const Bytes payload = sample.payload("POLV", 0);
    const auto policies = decode_policies(payload);
    REQUIRE(policies.has_value());
    CHECK(policies->size() == sample.listing["policy_count"]);
    CHECK(to_hex(vault(*policies, payload.size())) == to_hex(payload));
    CHECK((*policies)[5].type == 5);
    CHECK((*policies)[5].data.size() == 35);
    const auto key = from_hex(sample.listing["policy_hmac_key"].get<std::string>());
    CHECK(kPolicySealLayout.decode(sample.payload("POLV", 1)).hmac == hmac_sha256(*key, payload));
  });
}

TEST_CASE("a vault cut short is refused at every length") {
  const auto payload = vault({example(), example()});
  for (size_t size = 0; size <= payload.size(); ++size) {
    CAPTURE(size);
    CHECK(decode_policies(prefix(payload, size)).has_value() == (size >= 88));
  }
}

TEST_CASE("invalid counts and lengths are refused") {
  auto payload = vault({example()});
  for (const int32_t length : {-1, 453, INT32_MAX, INT32_MIN}) {
    store_le(payload, 40, length);
    CHECK(decode_policies(payload).error().message == "policy 1 of 1 runs past its block");
  }
  payload = vault({example()});
  store_le<int32_t>(payload, 0, -1);
  CHECK(decode_policies(payload).error().message == "the policy vault claims -1 policies");
  store_le<int32_t>(payload, 0, INT32_MAX);
  CHECK(decode_policies(payload).error().code == ErrorCode::kDamaged);
}

TEST_CASE("policies that do not fit are not written") {
  std::vector<uint8_t> payload(496, 0xEE);
  CHECK(encode_policies(std::vector(12, example()), payload).error().code == ErrorCode::kNoSpace);
  CHECK(runs(payload) == "eex496");
  CHECK(encode_policies(std::vector(11, example()), payload).has_value());
}

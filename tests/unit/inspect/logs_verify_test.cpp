// `log` and `verify` agree about which audit logs are broken or damaged.
#include <doctest/doctest.h>

#include <algorithm>

#include "shown_logs.h"
#include "support/random.h"
#include "support/vectors.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Whether a finding about the next sequence number says that entries may be missing at the end.
bool is_too_high(const std::string& message) {
  const auto number_after = [&](std::string_view words) {
    const size_t at = message.find(words);
    REQUIRE(at != std::string::npos);
    return std::stoll(message.substr(at + words.size()));
  };
  return number_after("number is ") > number_after("log has ");
}

// Whether verify reports an audit log whose entries cannot be read, counted or linked.
bool has_faulty_log(BlockFile& file) {
  const Verified found = verified(file);
  return std::ranges::any_of(found.findings, [](const Finding& finding) {
    const std::string_view code = finding.kind->code;
    const bool is_block = code.starts_with("BLCK") && finding.kind->severity == Severity::kError;
    return (is_block && finding.region == "ALOG") || code == "ALOG-001" || code == "ALOG-002" ||
           code == "ALOG-003" || code == "ALOG-006" || code == "ALOG-010" ||
           (code == "ALOG-011" && is_too_high(finding.message));
  });
}

bool shows_faulty_log(BlockFile& file) {
  const ShownLogs shown = logs_of(file);
  return std::ranges::any_of(shown.states, [](const Json& state) {
    return state["log"] == "ALOG" && (state["state"] == "broken" || state["state"] == "damaged");
  });
}

}  // namespace

TEST_CASE("log and verify agree about the samples") {
  size_t faulty = 0;
  for (const std::string& name : second_vector_names()) {
    if (!name.starts_with("alog") && !name.starts_with("cmvt-a") && name != "all-regions") continue;
    CAPTURE(name);
    MemoryFile file(vector_image(name));
    const bool is_faulty = has_faulty_log(file);
    CHECK(shows_faulty_log(file) == is_faulty);
    faulty += is_faulty ? 1 : 0;
  }
  CHECK(faulty == 2);  // alog-broken-chain, alog-next-odd
}

TEST_CASE("log and verify agree about logs with any byte changed") {
  constexpr int kTries = 300;
  LongLog log(40);
  Random random(20241217);
  int faulty = 0;
  for (int i = 0; i < kTries; ++i) {
    const uint64_t block = kTableStart + random.below(kTableBlocks);
    const MutableBytes payload = log.image.payload(block);
    // Every fourth in the header or the first entries.
    const size_t byte = i % 4 == 0 ? random.below(200) : random.below(payload.size());
    const uint8_t before = payload[byte];
    payload[byte] ^= static_cast<uint8_t>(1 + random.below(255));
    if (i % 8 != 7) log.image.rehash(block);
    CAPTURE(block);
    CAPTURE(byte);
    const bool is_faulty = has_faulty_log(log.image.file());
    CHECK(shows_faulty_log(log.image.file()) == is_faulty);
    faulty += is_faulty ? 1 : 0;
    payload[byte] = before;
    log.image.rehash(block);
  }
  CHECK(faulty > kTries / 2);
  CHECK_FALSE(shows_faulty_log(log.image.file()));
}

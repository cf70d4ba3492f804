// Copies from memory to memory, and the search for a secret in them.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "copy/metadata_copy.h"
#include "copy/verified_copy.h"
#include "io/memory_file.h"
#include "support/must.h"

namespace vde::test {

struct CopyResult {
  std::vector<uint8_t> bytes;
  CopySummary summary;
  std::vector<DamagedBlock> damaged;
};

// The copy, or why there is none.
[[nodiscard]] inline Result<CopyResult> try_copy(BlockFile& image, CopyContent content) {
  Activity activity;
  VDE_TRY_ASSIGN(source, CopySource::open(image, activity));
  CopyResult result;
  MemoryFile to(std::vector<uint8_t>(source->size()));
  bool failed_to = false;
  if (content == CopyContent::kAll) {
    VDE_TRY(check_can_copy(*source));
    VDE_TRY(copy_verified(*source, to, result.summary, failed_to));
  } else {
    const auto show = [&](const DamagedBlock& block) -> Result<void> {
      result.damaged.push_back(block);
      return {};
    };
    VDE_TRY(copy_metadata(*source, to, content == CopyContent::kScrubbed, show, result.summary,
                          failed_to));
  }
  result.summary.commits = source->commits();
  result.bytes = std::move(to.bytes());
  return result;
}

[[nodiscard]] inline CopyResult copied(std::vector<uint8_t> image, CopyContent content) {
  MemoryFile file(std::move(image));
  return must(try_copy(file, content));
}

// Bytes that occur nowhere by chance.
inline constexpr std::array<uint8_t, 16> kSecret = {0xA7, 0x5B, 0xE3, 0x19, 0xC4, 0x8D, 0xF2, 0x36,
                                                    0x9A, 0x6F, 0xD1, 0x43, 0xB8, 0x2E, 0x75, 0xEC};

// Fills `bytes` with the secret, again and again.
inline void hide_secret(MutableBytes bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = kSecret[i % kSecret.size()];
}

[[nodiscard]] inline std::string secret_text() {
  return {kSecret.begin(), kSecret.end()};
}

// The first place where six bytes in a row are from the secret; npos if there is none.
[[nodiscard]] inline size_t find_secret(const std::vector<uint8_t>& bytes) {
  constexpr size_t kPart = 6;
  const std::string twice = secret_text() + secret_text();
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  size_t found = std::string_view::npos;
  for (size_t i = 0; i < kSecret.size(); ++i)
    found = std::min(found, all.find(std::string_view(twice).substr(i, kPart)));
  return found;
}

}  // namespace vde::test

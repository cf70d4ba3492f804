#include "io/known_content.h"

#include <doctest/doctest.h>

#include "format/preamble.h"
#include "io/memory_file.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

std::optional<Preamble> preamble_of(const std::vector<uint8_t>& bytes) {
  MemoryFile file(bytes);
  return find_preamble(file, Bytes(bytes).first(std::min<size_t>(bytes.size(), 512)));
}

std::optional<std::string> known(const std::vector<uint8_t>& bytes) {
  MemoryFile file(bytes);
  return *known_content(file);
}

// A valid header that names `volume`, in a file of zeros.
std::vector<uint8_t> with_header(uint64_t total, uint64_t volume) {
  std::vector<uint8_t> bytes(20'000);
  PreambleHeader header;
  header.total_size = total;
  header.volume_offset = volume;
  kPreambleHeaderLayout.encode(header, bytes);
  header.checksum = preamble_checksum(bytes);
  kPreambleHeaderLayout.encode(header, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("the headers of the samples hold what their listings say") {
  for (const char* name : {"preamble-server", "preamble-signed"}) {
    CAPTURE(name);
    const std::vector<uint8_t> bytes = vector_image(name);
    const auto listed = vector_listing(name).at("preamble");
    const PreambleHeader header = kPreambleHeaderLayout.decode(bytes);
    CHECK(header.mark == PreambleHeader{}.mark);
    CHECK(header.version == listed.at("version"));
    CHECK(header.flags == listed.at("flags"));
    CHECK(header.content_hash_offset == listed.at("content_hash_offset"));
    CHECK(header.total_size == listed.at("total_size"));
    CHECK(header.volume_offset == listed.at("vde_offset"));
    CHECK(header.kernel_offset == listed.at("kernel")[0]);
    CHECK(header.spdk_size == listed.at("spdk")[1]);
    CHECK(header.runtime_offset == listed.at("runtime")[0]);
    CHECK(header.checksum == listed.at("header_checksum"));
    CHECK(preamble_checksum(bytes) == header.checksum);
    CHECK(preamble_of(bytes)->volume == listed.at("vde_offset"));
  }
}

TEST_CASE("bytes 4 to 7 alone identify a preamble") {
  std::vector<uint8_t> bytes = vector_image("preamble-server");
  CHECK_FALSE(preamble_of(vector_image("profile-minimal")));
  CHECK_FALSE(preamble_of({bytes.begin(), bytes.begin() + 63}));
  bytes[0] = 0;
  CHECK(preamble_of(bytes).has_value());
  bytes[7] ^= 1;
  CHECK_FALSE(preamble_of(bytes));
}

TEST_CASE("if the header's checksum is wrong, a superblock at its volume offset confirms it") {
  std::vector<uint8_t> bytes = vector_image("preamble-server");
  bytes[40] ^= 1;
  CHECK(preamble_of(bytes)->volume == 16384);
  bytes[16384] ^= 1;
  CHECK_FALSE(preamble_of(bytes)->volume);
  bytes[40] ^= 1;
  CHECK(preamble_of(bytes)->volume == 16384);
}

TEST_CASE("an offset where no volume can start is not reported") {
  CHECK(preamble_of(with_header(64, 4096))->volume == 4096);
  // Only the start of a stream can be read.
  CHECK(preamble_of(with_header(64, uint64_t{1} << 40))->volume == uint64_t{1} << 40);
  CHECK_FALSE(preamble_of(with_header(64, 0))->volume);
  CHECK_FALSE(preamble_of(with_header(63, 4096))->volume);
  CHECK_FALSE(preamble_of(with_header(64, 4097))->volume);
  CHECK_FALSE(preamble_of(with_header(4097, 4096))->volume);
  CHECK_FALSE(preamble_of(with_header(64, uint64_t{1} << 63))->volume);
}

TEST_CASE("known content is named, a preamble before the image's own signature") {
  CHECK(known(vector_image("profile-minimal")) == "a DWVD image");
  CHECK(known(vector_image("preamble-signed")) ==
        "boot code before a DWVD volume, which starts at byte 4096");
  CHECK(known({'%', 'P', 'D', 'F'}) == "a PDF document");
  CHECK_FALSE(known({}));
  CHECK_FALSE(known(std::vector<uint8_t>(100'000)));
}

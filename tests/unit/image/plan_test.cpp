#include <doctest/doctest.h>
#include <fmt/format.h>

#include "vde/create.h"

using namespace vde;

namespace {

CreateOptions options_of(uint32_t block_size, uint64_t blocks,
                         std::string_view modules = kDefaultModules) {
  CreateOptions options;
  options.block_size = block_size;
  options.size = blocks * block_size;
  options.uuid.bytes[0] = 1;
  options.modules = *parse_modules(modules);
  return options;
}

// "BMAP 10+1 (1)": a region's type, start, count and used blocks.
std::string layout(const CreateOptions& options) {
  const Result<ImagePlan> plan = plan_image(options);
  if (!plan) return plan.error().message;
  std::string text;
  for (const PlannedRegion& region : plan->regions)
    text += fmt::format("{}{} {}+{} ({})", text.empty() ? "" : ", ", region.type,
                        region.blocks.begin, region.blocks.count(), region.used);
  CHECK(plan->total_blocks * options.block_size == options.size);
  CHECK(plan->allocated_blocks == plan->regions.back().blocks.begin);
  CHECK(plan->total_blocks == plan->regions.back().blocks.end);
  return text;
}

void check_refused(const CreateOptions& options, std::string_view message, std::string_view hint) {
  const Result<ImagePlan> plan = plan_image(options);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == ErrorCode::kUsage);
  CHECK(plan.error().message == message);
  CHECK(plan.error().hint == hint);
}

}  // namespace

TEST_CASE("the smallest volume: everything at its minimum size") {
  CHECK(layout(options_of(4096, 256)) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+1 (1), INOD 11+1 (1), MWAL 12+64 (1), "
        "TAGI 76+4 (2), CODE 80+4 (1), SNAP 84+4 (1), DATA 88+168 (0)");
  CHECK(layout(options_of(512, 256, "none")) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+1 (1), INOD 11+5 (1), MWAL 16+64 (1), "
        "DATA 80+176 (0)");
}

TEST_CASE("between the bounds regions grow with the volume, quotients rounded down") {
  CHECK(layout(options_of(4096, 1000, "tags,snapshot,compute,integrity")) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+1 (1), INOD 11+3 (1), MWAL 14+64 (1), "
        "TAGI 78+15 (2), CODE 93+15 (1), MTRK 108+15 (1), SNAP 123+15 (1), DATA 138+862 (0)");
  CHECK(layout(options_of(4096, 65536)) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+3 (3), INOD 13+256 (1), "
        "MWAL 269+1024 (1), TAGI 1293+64 (2), CODE 1357+64 (1), SNAP 1421+64 (1), "
        "DATA 1485+64051 (0)");
}

TEST_CASE("the largest volume, 64 TiB: the journal stays at 4 MiB, module regions at 64 blocks") {
  CHECK(layout(options_of(4096, uint64_t{1} << 34)) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+526345 (526345), "
        "INOD 526355+67108864 (1), MWAL 67635219+1024 (1), TAGI 67636243+64 (2), "
        "CODE 67636307+64 (1), SNAP 67636371+64 (1), DATA 67636435+17112232749 (0)");
  CHECK(layout(options_of(512, uint64_t{1} << 37)) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+34636834 (34636834), "
        "INOD 34636844+536870916 (1), MWAL 571507760+8192 (1), TAGI 571515952+64 (2), "
        "CODE 571516016+64 (1), SNAP 571516080+64 (1), DATA 571516144+136867437328 (0)");
  CHECK(layout(options_of(65536, uint64_t{1} << 30)) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+2049 (2049), INOD 2059+4194304 (1), "
        "MWAL 4196363+64 (1), TAGI 4196427+64 (2), CODE 4196491+64 (1), SNAP 4196555+64 (1), "
        "DATA 4196619+1069545205 (0)");
}

TEST_CASE("an invalid size is refused with the nearest valid one") {
  CreateOptions options = options_of(4096, 255);
  check_refused(options, "size 1044480 is too small: the minimum is 256 blocks of 4096 bytes",
                "the nearest valid size is 1048576");
  options.size = 1048576 + 2047;
  check_refused(options, "size 1050623 is not a multiple of the block size 4096",
                "the nearest valid size is 1048576");
  options.size = 1048576 + 2048;
  check_refused(options, "size 1050624 is not a multiple of the block size 4096",
                "the nearest valid size is 1052672");
  options.size = kMaxVolumeBytes + 1;
  check_refused(options, "size 70368744177665 is too large: the maximum is 64 TiB",
                "the nearest valid size is 70368744177664");
}

TEST_CASE("a requested journal size is used as long as half of the smallest volume is free") {
  CreateOptions options = options_of(4096, 256, "none");
  options.journal_size = 116 * 4096;
  CHECK(layout(options) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+1 (1), INOD 11+1 (1), "
        "MWAL 12+116 (1), DATA 128+128 (0)");
  options.journal_size = 117 * 4096;
  check_refused(options, "the regions need 129 blocks plus 128 free, but the volume has 256",
                "use a smaller --journal-size or a larger --size");
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{63 * 4096}, uint64_t{64 * 4096 + 1}}) {
    options.journal_size = bytes;
    check_refused(options, fmt::format("invalid journal size {}", bytes),
                  "use a multiple of 4096, at least 262144");
  }
  options.journal_size = UINT64_MAX / 4096 * 4096;
  CHECK_FALSE(plan_image(options).has_value());
}

TEST_CASE("block size, label and UUID are checked") {
  for (const uint32_t block_size : {0u, 256u, 1000u, 131072u}) {
    CreateOptions options = options_of(4096, 256);
    options.block_size = block_size;
    check_refused(options, fmt::format("invalid block size {}", block_size),
                  "must be a power of two from 512 to 65536");
  }
  CreateOptions options = options_of(4096, 256);
  options.label = std::string(64, 'x');
  CHECK(plan_image(options).has_value());
  options.label += 'x';
  check_refused(options, "label too long: 65 bytes (maximum 64)", "");
  options.label = "\xff";
  check_refused(options, "the label is not UTF-8 text", "");
  options.label = std::string("a\0b", 3);
  check_refused(options, "the label is not UTF-8 text", "");
  options.label = "";
  options.uuid = Guid{};
  check_refused(options, "the UUID must not be zero", "");
}

TEST_CASE("modules are named in a list, unknown ones are refused") {
  CHECK(*parse_modules("none") == 0);
  CHECK(*parse_modules(kDefaultModules) == 0x1088);
  CHECK(*parse_modules("integrity") == 0x800);
  CHECK(*parse_modules("tags,tags") == 0x8);
  CHECK(*parse_modules("security,semantic-wear-level") == 0x80000001);
  for (const char* list : {"", "tags,", ",tags", "tags snapshot", "Tags", "raids", "none,tags"}) {
    CAPTURE(list);
    const auto manifest = parse_modules(list);
    REQUIRE_FALSE(manifest.has_value());
    CHECK(manifest.error().code == ErrorCode::kUsage);
  }
  // Modules 32 to 38 exist, but the manifest on disk has 32 bits.
  CHECK(parse_modules("tags,worm-time-lock").error().code == ErrorCode::kUnsupported);
}

TEST_CASE("a profile sets modules and block size, an unknown one is refused") {
  CHECK(find_profile("minimal")->modules == 0);
  CHECK(find_profile("minimal")->block_size == 4096);
  CHECK(find_profile("edge-iot")->modules == 0x840);
  CHECK(find_profile("edge-iot")->block_size == 512);
  const auto unknown = find_profile("huge");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == ErrorCode::kUsage);
  CHECK(unknown.error().hint ==
        "choose from minimal, standard, enterprise, max-security, edge-iot, analytics");
  CHECK(find_profile("minimall").error().hint == "did you mean 'minimal'?");
}

TEST_CASE("the regions of modules are in the order of the SDK's creator") {
  CHECK(layout(options_of(512, 1024, "streaming,integrity")) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), BMAP 10+1 (1), INOD 11+5 (1), MWAL 16+64 (1), "
        "DWAL 80+128 (1), MTRK 208+16 (1), STRE 224+128 (1), DATA 352+672 (0)");
  CHECK(layout(options_of(4096, 1000, "online-ops,security,compliance,query")) ==
        "SUPB 0+4 (4), SUPB 4+4 (4), RMAP 8+2 (2), POLV 10+2 (0), ENCR 12+2 (0), BMAP 14+1 (1), "
        "INOD 15+3 (1), MWAL 18+64 (1), CMVT 82+15 (1), DATA 97+15 (1), BTRE 112+15 (2), "
        "DATA 127+15 (1), DATA 142+858 (0)");
}

TEST_CASE("modules that small blocks have no room for are refused, with the reason") {
  check_refused(options_of(512, 1024, "raid"),
                "the RAID region of module raid does not fit blocks of 512 bytes",
                "use --block-size 4096 or larger, or leave the module out");
  check_refused(
      options_of(512, 4096, "security,compliance,intelligence,tags,compute,fabric,consensus"),
      "these modules need 16 regions, but blocks of 512 bytes have slots for only 15",
      "use a larger --block-size or fewer modules");
}

#include "support/strict/strict_regions.h"

#include <algorithm>

#include "support/strict/strict_tags.h"

namespace vde::test::strict {

namespace {

constexpr size_t kHmacSize = 32;

// The checksum of every block is verified, its type is not compared.
void check_all_checksums(const Region& region) {
  for (size_t i = 0; i < region.blocks(); ++i) region.check_checksum(i);
}

// A header of `header` bytes that begins with a count, then records; none crosses a payload.
template <std::integral Count>
FreshRegion read_records(const Region& region, size_t header) {
  check_all_checksums(region);
  const auto count = static_cast<int64_t>(Cursor(region.payload(0)).number<Count>());
  if (count > 0) throw Failure("records in a fresh region");
  Cursor(region.payload(0)).take(header);
  return {};
}

FreshRegion read_replication(const Region& region) {
  constexpr size_t kFixedPart = 2568;  // 32 vectors and 32 watermarks
  constexpr size_t kMinBlocks = 2;     // the bitmap has one, also without tracked blocks
  check_all_checksums(region);
  if (region.blocks() < kMinBlocks) throw Failure("no block for the bitmap");
  Cursor header(region.payload(0));
  const auto active = header.number<uint16_t>();
  const auto tracked = header.number<int32_t>();
  Cursor(region.payload(0)).take(kFixedPart);
  if (active != 0 || tracked != 0) throw Failure("replicas in a fresh region");
  return {};
}

FreshRegion read_raid(const Region& region) {
  constexpr size_t kShardsEnd = 16 + 64 * 40;
  constexpr size_t kRebuildsEnd = 3072 + 4 * 64;
  if (region.blocks() < 2) throw Failure("RAID metadata take two blocks");
  check_all_checksums(region);
  Cursor(region.payload(0)).take(kShardsEnd);
  Cursor(region.payload(1)).take(kRebuildsEnd);
  if (!all_zero(region.payload(0).first(kShardsEnd))) throw Failure("shards in a fresh region");
  return {};
}

// One header block; the reader throws without capacity and growth.
FreshRegion read_ring(const Region& region) {
  region.check_checksum(0);
  Cursor header(region.payload(0));
  const auto capacity = header.number<int64_t>();
  const auto allocated = header.number<int64_t>();
  const auto head = header.number<int64_t>();
  const auto tail = header.number<int64_t>();
  const auto entries = header.number<int64_t>();
  const auto growth = header.number<int32_t>();
  if (capacity <= 0 || growth <= 0) throw Failure("a ring without capacity or growth");
  if (allocated != 0 || head != 0 || tail != 0) throw Failure("a ring that was used");
  return {Fresh::kRecords, entries};
}

// The class of the region, not that of revision 2.1.
FreshRegion read_metrics(const Region& region) {
  check_all_checksums(region);
  Cursor header(region.payload(0));
  const auto count = header.number<int64_t>();
  const auto capacity = header.number<int64_t>();
  const auto threshold = header.array<8>();
  double value = 0;
  std::memcpy(&value, threshold.data(), sizeof value);
  if (count < 0 || count > 10'000'000) throw Failure("an impossible count of samples");
  if (capacity < 1 || capacity > 100'000'000) throw Failure("an impossible capacity");
  if (!(value > 0 && value <= 1)) throw Failure("an impossible threshold");
  return {Fresh::kRecords, count};
}

FreshRegion read_operations(const Region& region) {
  check_all_checksums(region);
  Cursor header(region.payload(0));
  if (header.text(8) != std::string("OPJRNL\0\0", 8)) throw Failure("no operation journal");
  const auto active = header.number<uint32_t>();
  const auto total = header.number<uint32_t>();
  if (active > total) throw Failure("more active operations than operations");
  return {Fresh::kRecords, total};
}

// A policy vault whose creator had no key: neither block was written. One with a key has its HMAC
// in block 1.
FreshRegion read_vault(const Region& region) {
  if (all_zero(region.bytes())) return {Fresh::kUnwritten};
  region.check_all_trailers("POLV");
  Cursor(region.payload(1)).take(kHmacSize);
  return {Fresh::kRecords, Cursor(region.payload(0)).number<int32_t>()};
}

FreshRegion read_data_wal(const Region& region) {
  region.check_trailer(0, "DWAL");
  Cursor header(region.payload(0));
  const auto type = header.number<uint8_t>();
  header.take(1);
  const auto version = header.number<uint32_t>();
  header.take(4 * 8);
  const auto entries = header.number<int64_t>();
  const auto blocks = header.number<int64_t>();
  header.take(8 + 8 + 8);
  const auto interval = header.number<uint32_t>();
  const auto clean = header.number<uint8_t>();
  if (type != 1 || version != 1 || clean != 1 || interval != 4096)
    throw Failure("not the header of a clean data journal");
  if (blocks != static_cast<int64_t>(region.blocks())) throw Failure("another size");
  return {Fresh::kRecords, entries};
}

// Every 16 bytes are an entry.
FreshRegion read_zones(const Region& region) {
  check_all_checksums(region);
  for (size_t i = 0; i < region.blocks(); ++i)
    if (!all_zero(region.payload(i))) throw Failure("zones in a fresh region");
  return {};
}

FreshRegion read_tree(const Region& region) {
  return {Fresh::kRecords, static_cast<int64_t>(TagIndex(region).entries().size())};
}

}  // namespace

FreshRegion read_region(const Region& region, std::string_view content) {
  struct Reader {
    std::string_view content;
    FreshRegion (*read)(const Region&);
  };
  constexpr auto kTable = [](const Region& from) { return read_records<int32_t>(from, 16); };
  const Reader readers[] = {
      {"POLV", read_vault},
      {"DWAL", read_data_wal},
      {"REPL", read_replication},
      {"RAID", read_raid},
      {"STRE", read_ring},
      {"MLOG", read_metrics},
      {"OPJR", read_operations},
      {"ZNSM", read_zones},
      {"BTRE", read_tree},
      {"CMVT", kTable},
      {"INTE", kTable},
      {"XREF", kTable},
      {"CLOG", kTable},
      {"DICT", kTable},
      {"ANON", kTable},
      {"WALS", kTable},
      {"ALOG", [](const Region& from) { return read_records<int64_t>(from, 16); }}};
  const auto found = std::ranges::find(readers, content, &Reader::content);
  if (found == std::end(readers)) throw Failure("no reader for this region");
  return found->read(region);
}

}  // namespace vde::test::strict

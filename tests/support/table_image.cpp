#include "support/table_image.h"

#include <algorithm>
#include <bit>

#include "format/hash.h"

namespace vde::test {
namespace {

constexpr int64_t kTime = 638'700'000'000'000'000;

void store(std::vector<uint8_t>& bytes, const TableField& field, const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    std::vector<uint8_t> raw(text->begin(), text->end());
    if (field.width != 0) raw.resize(field.width);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
    return;
  }
  uint64_t number = 0;
  if (const auto* real = std::get_if<double>(&value))
    number = field.width == sizeof(float) ? std::bit_cast<uint32_t>(static_cast<float>(*real))
                                          : std::bit_cast<uint64_t>(*real);
  else
    number = static_cast<uint64_t>(std::get<int64_t>(value));
  for (uint32_t i = 0; i < field.width; ++i)
    bytes.push_back(i < 8 ? static_cast<uint8_t>(number >> (8 * i)) : uint8_t{0});
}

FieldValue sound_value(const TableField& field, size_t index) {
  const auto fill = static_cast<char>(index + 1);
  switch (field.kind) {
    case FieldKind::kGuid:
      return std::string(16, fill);
    case FieldKind::kTicks:
      return kTime + static_cast<int64_t>(index);
    case FieldKind::kReal:
      return 0.25;
    case FieldKind::kText:
      return "text " + std::to_string(index);
    case FieldKind::kBytes:
      return field.rule == Rule::kZero ? std::string(field.width, '\0')
                                       : std::string(field.width == 0 ? 4 : field.width, fill);
    default:
      return int64_t{0};
  }
}

const std::string kVolume("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);

// Values that a table needs in addition to the rules of its fields.
void fit_record(const TableDescription& table, size_t list, int64_t index, FieldValues& record) {
  if (&table == &tables::kAnonymization) record["flags"] = int64_t{1};
  if (&table == &tables::kAuditLog) record["sequence"] = index;
  if (&table == &tables::kWorm) record["block_index"] = index;
  if (&table == &tables::kReferences) record["source"] = kVolume;
  if (&table == &tables::kConsensusLog) record["members"] = int64_t{3};
  if (&table == &tables::kDictionaries) record["id"] = index;
  if (&table == &tables::kRaid) record[list == 0 ? "stripe_index" : "parity_shard"] = index;
  if (&table == &tables::kSubscribers) record["subscriber"] = index + 1;
  if (&table == &tables::kZones) record["zone"] = index + 1;
  if (&table == &tables::kMetricsV21) record["nanoseconds"] = 1000 + index;
  if (&table == &tables::kFederation) record[list == 0 ? "id" : "geo_region"] = index + 1;
  if (&table != &tables::kOperations) return;
  record["id"] = index + 1;
  record["type"] = int64_t{1};
  record["state"] = index == 2 ? int64_t{3} : int64_t{0};  // the last one is complete
}

void fit_header(const TableDescription& table, FieldValues& header) {
  if (&table == &tables::kAuditLog) header["next_sequence"] = int64_t{3};
  if (&table == &tables::kMetrics) header["max_capacity"] = int64_t{1000};
  if (&table == &tables::kMetrics) header["compaction_threshold"] = 0.5;
  if (&table == &tables::kMetricsV21)
    header.insert({{"magic", std::string("\0SCIRTEM", 8)},
                   {"oldest", int64_t{1000}},
                   {"newest", int64_t{1002}}});
  if (&table == &tables::kWorm)
    header.insert({{"high_water_mark", int64_t{3}}, {"capacity_blocks", int64_t{100}}});
  if (&table == &tables::kReplication) header["tracked_blocks"] = int64_t{100};
  if (&table == &tables::kFederation) header["local_region"] = int64_t{1};
  if (&table == &tables::kStreaming)
    header.insert({{"max_capacity_blocks", int64_t{3}},
                   {"allocated_blocks", int64_t{2}},
                   {"write_head", int64_t{5}},
                   {"read_tail", int64_t{4}},
                   {"entry_count", int64_t{1}},
                   {"growth_increment", int64_t{1}}});
  if (&table == &tables::kOperations)
    header.insert({{"magic", std::string("OPJRNL\0\0", 8)},
                   {"active", int64_t{2}},
                   {"oldest_active", int64_t{1}},
                   {"newest", int64_t{3}}});
}

void set_counts(FieldValues& header, const TableContent& content) {
  size_t list = 0;
  for (const TableField& field : content.table->header) {
    if (field.rule != Rule::kCount) continue;
    while (list < content.table->lists.size() && !content.table->lists[list].has_count) ++list;
    if (list == content.table->lists.size()) return;
    header.try_emplace(field.name, static_cast<int64_t>(content.records[list++].size()));
  }
}

// Writes bytes consecutively to the payloads of the region.
class Layouter {
 public:
  Layouter(ImageBuilder& image, bool is_stream) : image_(image), is_stream_(is_stream) {}

  void put(const std::vector<uint8_t>& bytes) {
    const size_t payload = image_.payload(kTableStart).size();
    if (!is_stream_ && at_ + bytes.size() > payload) next_block();
    for (const uint8_t byte : bytes) {
      if (at_ == payload) next_block();
      image_.payload(kTableStart + block_)[at_++] = byte;
    }
  }
  void go_to(uint64_t block) {
    while (block_ < block) next_block();
  }
  void skip(size_t bytes) { at_ += bytes; }

 private:
  void next_block() {
    ++block_;
    at_ = 0;
  }

  ImageBuilder& image_;
  bool is_stream_;
  uint64_t block_ = 0;
  size_t at_ = 0;
};

}  // namespace

std::vector<uint8_t> encode_fields(std::span<const TableField> fields, const FieldValues& values) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto named = values.find(fields[i].name);
    if (named != values.end()) {
      store(bytes, fields[i], named->second);
    } else if (fields[i].rule == Rule::kLength && values.contains(fields[i + 1].name)) {
      const auto& text = std::get<std::string>(values.at(fields[i + 1].name));
      store(bytes, fields[i], static_cast<int64_t>(text.size()));
    } else {
      bytes.insert(bytes.end(), fields[i].width, uint8_t{0});
    }
  }
  return bytes;
}

void TableContent::chain() {
  std::string hash(32, '\0');
  for (FieldValues& record : records[0]) {
    record["previous_hash"] = hash;
    const Opaque<32> next = sha256(encode_fields(table->lists[0].fields, record));
    hash.assign(next.begin(), next.end());
  }
}

TableContent sound_table(const TableDescription& table) {
  TableContent content{&table, {}, {}};
  fit_header(table, content.header);
  for (size_t list = 0; list < table.lists.size(); ++list) {
    const int64_t count = list == 2 ? 1 : 3;
    auto& records = content.records.emplace_back();
    for (int64_t i = 0; i < count; ++i) {
      FieldValues record;
      for (const TableField& field : table.lists[list].fields)
        if (field.rule != Rule::kLength)
          record[field.name] = sound_value(field, static_cast<size_t>(i));
      fit_record(table, list, i, record);
      records.push_back(std::move(record));
    }
  }
  if (&table == &tables::kAuditLog) content.chain();
  return content;
}

void make_table_region(ImageBuilder& image, BlockType type) {
  constexpr uint32_t kIntegrityModule = 11;
  image.slot(image.slot_of("MTRK"), [&](RegionSlot& slot) { slot.type = type; });
  image.superblock(
      [](Superblock& superblock) { superblock.module_manifest &= ~(1u << kIntegrityModule); });
  for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block)
    image.write(block, to_string(type), "");
}

void write_table(ImageBuilder& image, const TableContent& content) {
  FieldValues header = content.header;
  set_counts(header, content);
  Layouter layout(image, content.table->is_stream);
  layout.put(encode_fields(content.table->header, header));
  for (size_t i = 0; i < content.records.size(); ++i) {
    const RecordList& list = content.table->lists[i];
    layout.go_to(list.block);
    for (const FieldValues& record : content.records[i])
      layout.put(encode_fields(list.fields, record));
    if (list.places > content.records[i].size())
      layout.skip((list.places - content.records[i].size()) * fixed_size(list.fields));
  }
  for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block)
    image.rehash(block);
}

}  // namespace vde::test

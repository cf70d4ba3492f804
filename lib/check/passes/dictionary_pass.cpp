// Checks the table of compression dictionaries: each entry, and conflicts with other entries, with
// modules and with regions. The SDK stores only the entries, so the bytes of a dictionary may never
// have been written.
#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <utility>

#include "check/passes.h"
#include "check/passes/bitmap_bits.h"
#include "region/module_blocks.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"
#include "vde/text.h"

namespace vde {
namespace {

struct PlacedDictionary {
  Dictionary entry;
  uint64_t block = 0;  // of the image, that holds the entry
  BlockRange blocks;
};

class DictionaryJudge {
 public:
  DictionaryJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context),
        region_(region.blocks),
        source_(context.io, region.blocks, block_types::kDictionaries),
        bits_(context),
        total_(context.probe.usable_blocks()),
        others_(context.references.merged(total_, {})) {}

  Result<void> judge() {
    const auto head = source_.payload(0);
    // The block pass has reported a damaged first block.
    if (!head) return {};
    read_header(*head);
    if (!complete_) return {};
    const bool is_zero = all_zero(*head);
    const uint64_t end = read_entries();
    // Content after a zero header was reported as a lost header.
    if (!is_zero) VDE_TRY(check_rest(end));
    if (complete_) context_.references.know(block_types::kDictionaries);
    return judge_places();
  }

 private:
  void add(FindingCode code, uint64_t block, std::string message,
           std::vector<std::string> affects = {}, FindingSite site = FindingSite::here()) {
    context_.report.add(code, block, block_types::kDictionaries, std::move(message),
                        std::move(affects), site);
  }
  void add(FindingCode code, const PlacedDictionary& dictionary, const std::string& message,
           FindingSite site = FindingSite::here()) {
    const std::string name = fmt::format("dictionary {}", dictionary.entry.id);
    add(code, dictionary.block, fmt::format("{}: {}", name, message), {name}, site);
  }

  void read_header(Bytes head) {
    const PackedTableHeader header = kPackedTableHeaderLayout.decode(head);
    const uint32_t max = max_dictionaries(source_.blocks(), context_.io.block_size());
    if (!all_zero(header.reserved))
      add(FindingCode::kReservedNotZero, region_.begin,
          "reserved bytes of the dictionary table's header");
    complete_ = header.count >= 0 && static_cast<uint32_t>(header.count) <= max;
    if (complete_) counted_ = static_cast<uint32_t>(header.count);
    // Without a valid count the number of entries is unknown, and none is checked.
    if (!complete_)
      add(FindingCode::kDictionaryCountWrong, region_.begin,
          fmt::format("header {}, maximum {}", header.count, max));
  }

  // Returns the first block of the region after those with entries. The first block always counts.
  uint64_t read_entries() {
    uint32_t left = counted_;
    uint64_t index = 0;
    for (; index == 0 || left > 0; ++index) {
      const auto payload = source_.payload(index);
      const uint32_t room = dictionaries_in(payload_size(context_.io.block_size()), index == 0);
      const uint32_t here = std::min(left, room);
      left -= here;
      complete_ &= payload.has_value();
      if (!payload) continue;
      for (const Dictionary& entry : decode_dictionaries(*payload, index == 0, here))
        check_entry(entry, region_.begin + index);
      check_rest_of_block(*payload, index, here);
    }
    return index;
  }

  void check_entry(const Dictionary& entry, uint64_t block) {
    PlacedDictionary placed{entry, block, {}};
    if (entry.id >= kMaxDictionaries)
      add(FindingCode::kDictionaryIdTooHigh, placed,
          fmt::format("the maximum is {}", kMaxDictionaries - 1));
    else if (seen_.test(entry.id))
      add(FindingCode::kDictionaryIdDuplicate, placed, "the id of more than one entry");
    if (entry.id < kMaxDictionaries) seen_.set(entry.id);
    if (entry.id < last_id_ && !unordered_) {
      unordered_ = true;
      add(FindingCode::kDictionaryOrder, placed, fmt::format("it follows dictionary {}", last_id_));
    }
    last_id_ = entry.id;
    if (entry.algorithm > kLastDictionaryAlgorithm)
      add(FindingCode::kDictionaryUnknownAlgorithm, placed,
          fmt::format("algorithm {}", entry.algorithm));
    if (entry.size < 0 || entry.block_count < 0)
      return add(FindingCode::kDictionaryEntryBroken, placed,
                 fmt::format("{} bytes in {} blocks", entry.size, entry.block_count));
    const auto extent = dictionary_extent(entry, total_);
    if (!extent)
      return add(FindingCode::kDictionaryOutside, placed,
                 fmt::format("{} blocks from {}; the volume has {} blocks", entry.block_count,
                             entry.first_block, total_));
    placed.blocks = *extent;
    if (!extent->empty()) dictionaries_.push_back(placed);
  }

  // Checks the bytes after the last entry of a block.
  void check_rest_of_block(Bytes payload, uint64_t index, uint32_t entries) {
    const bool first = index == 0;
    const size_t end = dictionary_offset(entries, first);
    const size_t end_of_entries = dictionary_offset(dictionaries_in(payload.size(), first), first);
    if (!all_zero(payload.subspan(end, end_of_entries - end)))
      report_rest(payload, index, entries);
    else if (!all_zero(payload.subspan(end_of_entries)))
      add(FindingCode::kReservedNotZero, region_.begin + index,
          "bytes after the last dictionary of the block");
  }

  // An entry has blocks, a size or a hash; other bytes are not an uncounted entry.
  void report_rest(Bytes payload, uint64_t index, uint32_t entries) {
    const auto all = decode_dictionaries(payload, index == 0, UINT32_MAX);
    const bool has_entry = std::any_of(all.begin() + entries, all.end(), [](const Dictionary& d) {
      return d.block_count != 0 || d.size != 0 || !all_zero(d.hash);
    });
    if (has_entry) return report_uncounted(region_.begin + index);
    add(FindingCode::kDictionaryStray, region_.begin + index,
        "bytes after the last dictionary are not zero and not a dictionary");
  }

  Result<void> check_rest(uint64_t index) {
    for (; index < source_.blocks() && !uncounted_; ++index) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, source_.next_written(index));
      index = written;
      if (index >= source_.blocks()) break;
      const auto payload = source_.payload(index);
      if (payload && !all_zero(*payload)) report_uncounted(region_.begin + index);
    }
    return {};
  }

  void report_uncounted(uint64_t block) {
    uncounted_ = true;
    add(FindingCode::kDictionaryUncounted, block,
        fmt::format("there are bytes after the last of {} entries", counted_));
  }

  Result<void> judge_places() {
    std::ranges::sort(dictionaries_, {},
                      [](const auto& d) { return std::pair(d.blocks.begin, d.entry.id); });
    uint64_t end = 0;  // of the blocks of the previous dictionaries
    for (const PlacedDictionary& dictionary : dictionaries_) {
      // Shared bytes are read only once.
      const bool shared = dictionary.blocks.begin < end;
      if (shared)
        add(FindingCode::kDictionaryBlocksShared, dictionary,
            fmt::format("its blocks from {} belong to another dictionary too",
                        dictionary.blocks.begin));
      else if (!overlaps_others(dictionary))
        VDE_TRY(judge_bytes(dictionary));
      context_.references.add(dictionary.blocks);
      end = std::max(end, dictionary.blocks.end);
    }
    return {};
  }

  bool overlaps_others(const PlacedDictionary& dictionary) {
    const BlockRange blocks = dictionary.blocks;
    const auto meets = [&](BlockRange other) {
      return other.begin < blocks.end && blocks.begin < other.end;
    };
    for (const PlacedRegion& region : context_.regions) {
      if (region.is_data_area || !meets(region.blocks)) continue;
      add(FindingCode::kDictionaryOverRegion, dictionary,
          fmt::format("its blocks {} to {} are in the {} region", blocks.begin, blocks.end - 1,
                      to_string(region.type)));
      return true;
    }
    const auto other = std::ranges::upper_bound(others_, blocks.begin, {}, &BlockRange::end);
    if (other == others_.end() || !meets(*other)) return false;
    add(FindingCode::kDictionaryBlocksShared, dictionary,
        fmt::format("its blocks from {} belong to a module too", blocks.begin));
    return true;
  }

  Result<void> judge_bytes(const PlacedDictionary& dictionary) {
    const uint64_t free = bits_.count_free(dictionary.blocks);
    if (free == 0) return judge_hash(dictionary);
    VDE_TRY_ASSIGN(written, first_written_free(dictionary.blocks));
    if (written)
      add(FindingCode::kDictionaryBlocksFree, dictionary,
          fmt::format("block {} is marked free", *written));
    else
      add(FindingCode::kDictionaryUnwritten, dictionary,
          fmt::format("{} of {} blocks from {}", free, dictionary.blocks.count(),
                      dictionary.blocks.begin));
    return {};
  }

  Result<std::optional<uint64_t>> first_written_free(BlockRange blocks) {
    BlockBuffer buffer = context_.io.make_buffer();
    for (uint64_t at = blocks.begin; at < blocks.end; ++at) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(data, context_.io.file().next_data(context_.io.bytes_of({at, blocks.end})));
      if (data.empty()) break;
      at = std::max(at, data.begin / context_.io.block_size());
      if (!bits_.is_free(at)) continue;
      const auto block = context_.io.read(at, buffer);
      if (block && !block->is_unwritten()) return std::optional(at);
    }
    return std::optional<uint64_t>{};
  }

  // The format does not specify how a dictionary is stored in blocks. If the number of blocks is
  // the same as for a module, its bytes are hashed like a module's.
  Result<void> judge_hash(const PlacedDictionary& dictionary) {
    const Dictionary& entry = dictionary.entry;
    const auto size = static_cast<uint64_t>(entry.size);
    const bool packed = dictionary.blocks.count() == module_blocks(size, context_.io.block_size());
    if (!packed || context_.options.scope == VerifyScope::kMetadata) return {};
    const auto nowhere = [](Bytes) { return Result<void>{}; };
    const auto bytes =
        read_module(context_.io, dictionary.blocks.begin, size, nowhere, context_.activity);
    if (!bytes && bytes.error().code == ErrorCode::kInterrupted)
      return tl::make_unexpected(bytes.error());
    if (bytes && bytes->hash != entry.hash)
      add(FindingCode::kDictionaryHashWrong, dictionary,
          fmt::format("the stored bytes have the hash {}", to_hex(bytes->hash)));
    return {};
  }

  VerifyContext& context_;
  BlockRange region_;
  FileSource source_;
  BitmapBits bits_;
  uint64_t total_;                  // blocks that dictionaries may use
  std::vector<BlockRange> others_;  // the blocks of modules, ascending
  uint32_t counted_ = 0;
  bool complete_ = true;    // all entries were read
  bool uncounted_ = false;  // DICT-012 was reported
  bool unordered_ = false;  // DICT-014 was reported
  uint16_t last_id_ = 0;
  std::bitset<kMaxDictionaries> seen_;
  std::vector<PlacedDictionary> dictionaries_;
};

}  // namespace

Result<void> check_dictionaries(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kDictionaries);
  if (region == nullptr) return {};
  return DictionaryJudge(context, *region).judge();
}

}  // namespace vde

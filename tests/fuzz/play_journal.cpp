#include "fuzz/play_journal.h"

#include "base/cursor.h"
#include "fuzz/play_parts.h"
#include "journal/committed_view.h"
#include "support/crafted_journal.h"

namespace vde::test {
namespace {

constexpr uint32_t kJournalBlock = 512;
constexpr uint64_t kJournalBlocks = 256;
constexpr size_t kMaxRecords = 4;
constexpr size_t kMaxEntries = 6;

ImageBuilder& journal_base() {
  static ImageBuilder image({kJournalBlock, kJournalBlocks, "none"});
  return image;
}

uint8_t next_byte(Reader& reader) {
  return reader.load<uint8_t>().value_or(0);
}

// Each record: number of entries u8, sequence i8 (added), then target u16 and place u8 of each.
void add_records(ImageBuilder& image, Reader& reader) {
  CraftedJournal journal(image);
  const BlockType types[] = {block_types::kData, block_types::kBitmap, block_types::kInodes,
                             block_types::kMetadataWal};
  const size_t records = next_byte(reader) % (kMaxRecords + 1);
  for (size_t i = 0; i < records; ++i) {
    const size_t count = next_byte(reader) % (kMaxEntries + 1);
    const auto more = static_cast<int8_t>(next_byte(reader));
    std::vector<CraftedEntry> entries;
    for (size_t k = 0; k < count; ++k) {
      const uint16_t target = reader.load<uint16_t>().value_or(0);
      const uint8_t place = next_byte(reader);
      entries.push_back({target % uint64_t{2 * kJournalBlocks},
                         place < 128 ? uint64_t{0} : place % kJournalBlocks,
                         journal.valid_block(types[target / 1024 % 4], place)});
    }
    journal.add(entries, [&](Superblock& superblock) { superblock.checkpoint_sequence += more; });
  }
}

// Everything that a plan lets a reader see.
void read_all(BlockFile& file, uint64_t size) {
  std::vector<uint8_t> bytes(size);
  static_cast<void>(file.read(0, bytes));
}

}  // namespace

void play_journal_input(Bytes input) {
  ImageBuilder image(journal_base().bytes(), kJournalBlock);
  Reader reader(input);
  add_records(image, reader);
  apply_edits(image, "MWAL", reader.left());
  const auto probe = probe_to_judge(image.file());
  if (!probe) return;
  const BlockIo io(image.file(), probe->block_size);
  // One of the ways in which a repair plans.
  const bool drops = input.size() % 2 == 0;
  const bool overwrites = input.size() % 3 == 0;
  static_cast<void>(plan_recovery(io, *probe, drops ? LostRecords::kDrop : LostRecords::kRefuse,
                                  overwrites ? OddBlocks::kOverwrite : OddBlocks::kRefuse));
  const auto plan = plan_recovery(io, *probe);
  const auto view = view_committed(image.file(), *probe);
  promise(!view || plan.has_value(), "a view without a plan");
  if (view) read_all(*view->file, image.bytes().size());
  if (!plan || !try_open_journal(image.file())) return;
  // The recovered image has nothing left to recover.
  const auto again = probe_to_judge(image.file());
  promise(again.has_value(), "a recovered image is not an image");
  const auto rest = plan_recovery(io, *again);
  promise(rest.has_value() && rest->records == 0, "a recovered journal has records");
}

}  // namespace vde::test

#include "format/region/wal_header.h"

#include "../listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("a write-ahead log header's bytes") {
  const WalHeader header{kWalData,
                         0x02,
                         0x03030303,
                         0x0404040404040404,
                         0x0505050505050505,
                         0x0606060606060606,
                         0x0707070707070707,
                         0x0808080808080808,
                         0x0909090909090909,
                         0x0A0A0A0A0A0A0A0A,
                         Ticks{0x0B0B0B0B0B0B0B0B},
                         Ticks{0x0C0C0C0C0C0C0C0C},
                         0x0D0D0D0D,
                         0x0E};
  CHECK(runs(bytes_of(kWalHeaderLayout, header)) ==
        "01x1 02x1 03x4 04x8 05x8 06x8 07x8 08x8 09x8 0ax8 0bx8 0cx8 0dx4 0ex1");
  CHECK(kWalHeaderLayout.decode(bytes_of(kWalHeaderLayout, header)) == header);
}

TEST_CASE("a new metadata log equals that of the SDK") {
  const auto bytes = bytes_of(kWalHeaderLayout, fresh_wal_header(64, Ticks{638700000000000000}));
  CHECK(to_hex(bytes) ==
        "0000"
        "01000000"
        "0000000000000000"
        "0000000000000000"
        "0000000000000000"
        "0000000000000000"
        "0000000000000000"
        "4000000000000000"
        "0100000000000000"
        "00c00a1a441edd08"
        "00c00a1a441edd08"
        "00040000"
        "01");
  const Sample sample("custom-fresh");
  CHECK(to_hex(sample.payload("MWAL", 0).first(83)) == to_hex(bytes));
  CHECK(all_zero(sample.payload("MWAL", 0).subspan(83)));
}

TEST_CASE("the data log and a journal that the SDK left dirty are decoded unchanged") {
  const auto data = kWalHeaderLayout.decode(Sample("profile-max-security").payload("DWAL", 0));
  CHECK(data.type == kWalData);
  CHECK(data.max_blocks == 128);
  CHECK(data.checkpoint_interval == 4096);
  CHECK(data.clean == 1);

  const auto dirty = kWalHeaderLayout.decode(Sample("online-add-tags").payload("MWAL", 0));
  CHECK(dirty.type == kWalMetadata);
  CHECK(dirty.sequence_end == 1);
  CHECK(dirty.tail_offset == 0x4120B0);
  CHECK(dirty.total_entries == 6);
  CHECK(dirty.clean == 0);
}

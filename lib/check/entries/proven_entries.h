// Entries in damaged blocks of a packed table (SNAP, CODE) that something outside the block's
// checksum proves.
//
// A module: the SHA-256 in the entry is that of the bytes in the blocks that it names. A snapshot,
// by two independent facts: another entry names its id as the parent, and the times are in order,
// its own between those of its parent, which is in the table, and of that child. The ids are random
// and of 128 bits: damage does not make two of them equal. Where the block's checksum fits once
// the bytes after the last entry are zeros, it proves every entry.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "check/repair/structure_repair.h"
#include "table/packed_walk.h"

namespace vde {

// Whether the module of this entry has the SHA-256 that the entry names. Reads its blocks.
[[nodiscard]] Result<bool> is_proven_module(StructureRepair& repair, Bytes record);
// The same for an image that is not being repaired. `may_read` gets the number of the blocks, and
// returns false if that is too many.
[[nodiscard]] Result<bool> is_proven_module(const BlockIo& io, uint64_t total_blocks, Bytes record,
                                            const std::function<bool(uint64_t blocks)>& may_read,
                                            Activity& activity);

struct ProvenEntries {
  std::vector<BlockBuffer> records;  // whole, in their order
  // The block holds nothing but these, as far as its bytes can be read.
  bool all = false;
  // The block's checksum confirms them: it has no others.
  bool complete = false;
  // What proves an entry does not cover every field (unproven_fields()). They are what they were if
  // the damage is elsewhere: after the entries, or in the trailer.
  bool whole = false;
  uint32_t generation = 0;  // according to the trailer
};

class EntryProver {
 public:
  EntryProver(StructureRepair& repair, const PackedTable& table) : repair_(repair), table_(table) {}

  // Every entry of the table, those that damaged blocks seem to hold included. Only snapshots need
  // it.
  void add(Bytes record);
  // The proven entries of a damaged block, except those with a key that `is_held` elsewhere.
  // `first` for the block with the header. Reads the blocks of modules.
  [[nodiscard]] Result<ProvenEntries> find(const UncheckedBlock& block, bool first,
                                           const std::function<bool(Bytes key)>& is_held);

 private:
  [[nodiscard]] Result<bool> is_proven(Bytes record) const;
  [[nodiscard]] bool is_proven_snapshot(Bytes record) const;
  [[nodiscard]] Result<bool> take_all(Bytes payload, bool first, uint64_t known,
                                      ProvenEntries& proven) const;

  StructureRepair& repair_;
  const PackedTable& table_;
  std::multimap<Guid, Ticks> created_;   // by id
  std::multimap<Guid, Ticks> children_;  // times of children, by the parent's id
};

// Calls `visit` with each plausible entry of a damaged block, without its text if that is not
// plausible. After bytes that are no entry, the next one may begin at any offset. False if there
// are such bytes or texts. `first` for the block with the header.
bool each_entry_in_damage(StructureRepair& repair, const PackedTable& table,
                          const UncheckedBlock& block, bool first,
                          const std::function<void(Bytes record)>& visit);

// What nothing proves of an entry of this table, for people: "the id, ... of module 00aa..".
[[nodiscard]] std::string unproven_fields(BlockType table, Bytes record);

}  // namespace vde

// The strict reader: a small substitute for the SDK's readers, from which everything that the
// library writes must come out unchanged. It is written from the description of the format and
// shares no codec with the library, so that it detects mistakes in them. It is as strict as the
// SDK, and reproduces its faults:
//  - the superblock group is chosen by its four trailers, the primary before the mirror; the
//    directory is accepted by its hash;
//  - SNAP, CODE and MTRK: the trailer of every block of the region must be valid, used or not;
//    padding of at least an entry's fixed size is read as an entry;
//  - TAGI: trailers are ignored, but every block from 1 on must parse as a node; the Bloom filter
//    needs a bit and a hash and must lie in block 0; a lookup goes right of equal separators, and
//    loses entries of a run of equal keys that lie left of one.
// It does not decide whether entries are the right ones (a "misread"): compare them.
#pragma once

#include <map>

#include "support/strict/strict_tables.h"
#include "support/strict/strict_tags.h"

namespace vde::test {

// The result of reading a region.
enum class Outcome : uint8_t {
  kAbsent,       // the directory has no such region
  kReads,        // entries were read; whether they are right is not checked
  kEmpty,        // MTRK: a zero header
  kUnwritten,    // ENCR: zero blocks without trailers
  kFails,        // failure() says why
  kRunsPastEnd,  // the region's bounds lie outside the file
};

[[nodiscard]] std::string_view to_string(Outcome outcome);

class StrictReader {
 public:
  // Reads everything; `image` is not needed afterwards.
  explicit StrictReader(Bytes image);

  // A superblock group and the directory are valid. The regions are read even without a valid
  // group, as long as the directory is valid.
  [[nodiscard]] bool validates() const { return validates_; }
  [[nodiscard]] strict::Group group() const { return group_; }
  [[nodiscard]] const strict::Superblock& superblock() const { return superblock_; }
  // The slots in use, in slot order; the pointer table is that of the group in use.
  [[nodiscard]] const std::vector<strict::Slot>& pointer_table() const { return pointer_table_; }
  [[nodiscard]] const std::vector<strict::Slot>& directory() const { return directory_; }

  // `tag`: "TAGI", "CODE", "SNAP", "MTRK" or "ENCR".
  [[nodiscard]] Outcome outcome(std::string_view tag) const;
  // Why the region fails; empty if it does not.
  [[nodiscard]] std::string failure(std::string_view tag) const;

  // The contents of the regions; empty unless the outcome is kReads.
  [[nodiscard]] const strict::TagIndex& tag_index() const { return tag_index_; }
  [[nodiscard]] const std::vector<strict::Tag>& tags() const { return tag_index_.entries(); }
  [[nodiscard]] std::vector<strict::Tag> find(std::string_view key) const {
    return tag_index_.find(key);
  }
  [[nodiscard]] const std::vector<strict::Snapshot>& snapshots() const { return snapshots_; }
  [[nodiscard]] const std::vector<strict::Module>& modules() const { return modules_; }
  [[nodiscard]] const strict::IntegrityTree& integrity_tree() const { return integrity_tree_; }
  [[nodiscard]] const strict::EncryptionHeader& encryption_header() const {
    return encryption_header_;
  }

 private:
  struct Finding {
    Outcome outcome = Outcome::kAbsent;
    std::string failure;
  };

  // Runs `read`, which returns the outcome of a region within the file.
  template <class Read>
  void read_region(const strict::Image& image, const std::string& tag, Read&& read);

  bool validates_ = false;
  strict::Group group_ = strict::Group::kRejected;
  strict::Superblock superblock_;
  std::vector<strict::Slot> pointer_table_;
  std::vector<strict::Slot> directory_;
  std::map<std::string, Finding, std::less<>> findings_;
  strict::TagIndex tag_index_;
  std::vector<strict::Snapshot> snapshots_;
  std::vector<strict::Module> modules_;
  strict::IntegrityTree integrity_tree_;
  strict::EncryptionHeader encryption_header_;
};

}  // namespace vde::test

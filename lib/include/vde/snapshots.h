// Snapshots: metadata records that note where the inode table was at some time, linked from child
// to parent. They copy no data. A deleted snapshot keeps its entry, so that its children's chains
// stay complete. Image::snapshots() reads the table, Change::snapshots() changes it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vde/guid.h"
#include "vde/ticks.h"

namespace vde {

struct ChangeState;

struct Snapshot {
  Guid id;
  Guid parent;  // zero = none
  Ticks created;
  int64_t inode_table_start = 0;   // first block
  int64_t inode_table_blocks = 0;  // blocks
  int64_t data_blocks = 0;         // allocated at that time; other programs count differently
  uint16_t flags = 0;              // 1 read-only, 2 deleted, 4 base
  std::string label;               // UTF-8 in a valid image

  [[nodiscard]] bool is_read_only() const { return (flags & 1) != 0; }
  [[nodiscard]] bool is_deleted() const { return (flags & 2) != 0; }
  [[nodiscard]] bool is_base() const { return (flags & 4) != 0; }
  bool operator==(const Snapshot&) const = default;
};

// "read-only", "deleted", "base"; "bit N" for other flags.
[[nodiscard]] std::vector<std::string> snapshot_flag_names(uint16_t flags);

// ---- Retention: which snapshots to keep, by rules such as "the newest of each of the last seven
// days".
//
//   RetentionRules rules;
//   rules.daily = 7;
//   for (const RetentionChoice& choice : choose_snapshots(rules, snapshots))
//     if (!choice.is_kept()) ...

// A length of time by the calendar.
struct CalendarSpan {
  uint32_t years = 0;
  uint32_t months = 0;
  uint32_t days = 0;
  uint32_t hours = 0;

  bool operator==(const CalendarSpan&) const = default;
};

// A snapshot is kept if one of the rules keeps it. A number of 0, an empty span or an empty list
// turns its rule off.
struct RetentionRules {
  uint64_t last = 0;                     // the newest snapshots
  uint64_t hourly = 0;                   // the newest snapshot of each of the last N hours ...
  uint64_t daily = 0;                    // ... days
  uint64_t weekly = 0;                   // ... ISO weeks, which begin on Monday
  uint64_t monthly = 0;                  // ... months
  uint64_t yearly = 0;                   // ... years that have a snapshot
  CalendarSpan within = {};              // all that are at most this much older than the newest one
  std::vector<std::string> labels = {};  // all that have exactly one of these labels

  bool operator==(const RetentionRules&) const = default;
};

enum class KeepReason : uint8_t {
  kLast,
  kHourly,
  kDaily,
  kWeekly,
  kMonthly,
  kYearly,
  kWithin,
  kLabel,
};
// "last", "hourly" and so on.
[[nodiscard]] std::string_view keep_reason_name(KeepReason reason);

struct RetentionChoice {
  Snapshot snapshot;
  std::vector<KeepReason> reasons;  // the rules that keep it, in the order of KeepReason

  [[nodiscard]] bool is_kept() const { return !reasons.empty(); }
};

// Applies the rules to those of `snapshots` (in table order) that are not deleted. Returns them
// with the newest first; of equal times the one that is later in the table comes first. A snapshot
// without a time (0 ticks) is older than all others, and is in no hour, day, week, month or year,
// nor within a span. Flags protect no snapshot. Periods are those of the time zone that TZ names;
// an hour that occurs twice when clocks are set back counts as two.
[[nodiscard]] std::vector<RetentionChoice> choose_snapshots(const RetentionRules& rules,
                                                            std::span<const Snapshot> snapshots);

// ---- Reading and changing the table.

// Names a snapshot: a full id, "@latest" (the newest), a full label, or an id prefix of 4 or more
// characters, tried in this order. A deleted snapshot can only be named by its full id.
using SnapshotRef = std::string_view;

// Called once per snapshot; return false to stop.
using SnapshotVisitor = std::function<bool(const Snapshot&)>;

// Every call reads the table once, in order; nothing is cached except by load(). All calls return
// kDamaged if the table is damaged.
class SnapshotReader {
 public:
  SnapshotReader(SnapshotReader&&) noexcept;
  SnapshotReader& operator=(SnapshotReader&&) noexcept;
  ~SnapshotReader();

  // Visits all entries in table order, including deleted ones.
  [[nodiscard]] Result<void> list(const SnapshotVisitor& visit);

  // Returns the entry with this id; nothing if there is none. Reads nothing after load().
  [[nodiscard]] Result<std::optional<Snapshot>> get(const Guid& id);

  // Returns the snapshot that `ref` names. kNotFound; kUsage, with the candidates, if `ref` is
  // ambiguous.
  [[nodiscard]] Result<Snapshot> find(SnapshotRef ref);

  // Visits `id` and its ancestors, including deleted ones. Returns kDamaged, after visiting the
  // snapshots before the fault, if a parent is missing or the chain contains a cycle.
  [[nodiscard]] Result<void> chain(const Guid& id, const SnapshotVisitor& visit);

  // Visits the direct children of `id` in table order, including deleted ones.
  [[nodiscard]] Result<void> children(const Guid& id, const SnapshotVisitor& visit);

  // Reads all entries into memory and indexes their ids, so that get() takes constant time.
  [[nodiscard]] Result<void> load();

  // Applies rules to all snapshots that are not deleted, as choose_snapshots() does.
  // kUnsupported if the rules would keep none of them; kDamaged also if two snapshots have one id.
  [[nodiscard]] Result<std::vector<RetentionChoice>> choose(const RetentionRules& rules);

  // The deleted snapshots from which no other snapshot descends that is not deleted, in table
  // order. kUnchanged if there is none; kDamaged also if two snapshots have one id, or if a parent
  // is missing, or a cycle found, in the chain of a snapshot that is not deleted: it is unclear
  // then which entries that chain needs.
  [[nodiscard]] Result<std::vector<Snapshot>> purgeable();

 private:
  friend class Image;
  struct State;
  explicit SnapshotReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct SnapshotOptions {
  std::string label = {};                  // see check_label() for its limits
  std::optional<std::string> parent = {};  // a SnapshotRef; default: no parent
  bool read_only = false;
  bool base = false;
  std::optional<Guid> id = {};  // default: a new one
  // Derive the new id from the image instead of choosing it at random, so that the same commands
  // produce the same bytes.
  bool reproducible = false;
};

// References are resolved as the change sees them, including snapshots that it created.
class SnapshotEditor {
 public:
  // Adds a snapshot of the current state: the location of the inode table and the number of
  // allocated data blocks. Does not read or write these. kExists if the id already exists;
  // kNotFound or kUsage for the parent, as SnapshotReader::find.
  [[nodiscard]] Result<Snapshot> create(const SnapshotOptions& options);

  // Sets the deleted flag of snapshots: of all `refs`, or of none if one is not found. Returns
  // them. kUnchanged if one of them is already deleted.
  [[nodiscard]] Result<std::vector<Snapshot>> remove(std::span<const std::string> refs);

  // Clears the deleted flag. kUnchanged if the snapshot is not deleted.
  [[nodiscard]] Result<Snapshot> undelete(SnapshotRef ref);

  // Sets the deleted flag of the snapshots that no rule keeps. Returns and errors as
  // SnapshotReader::choose; stages nothing if all are kept.
  [[nodiscard]] Result<std::vector<RetentionChoice>> prune(const RetentionRules& rules);

  // Removes the entries of the snapshots that SnapshotReader::purgeable() names, moves the others
  // up, and returns those removed. The chains of all snapshots that are not deleted stay as they
  // are. Errors as purgeable().
  [[nodiscard]] Result<std::vector<Snapshot>> purge();

 private:
  friend struct ChangeState;
  explicit SnapshotEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde

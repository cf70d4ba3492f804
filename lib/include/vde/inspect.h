// Shows the contents of images, intact or damaged. Everything is first a JSON value; the text is
// generated from that value, so that both always agree. Field names are documented in the manual:
// fields may be added, never renamed.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vde/activity.h"
#include "vde/keys/secret_key.h"
#include "vde/storage.h"
#include "vde/ticks.h"

namespace vde {

// Keeps the order of its members.
using Json = nlohmann::ordered_json;

inline constexpr int kSchemaVersion = 1;

// Adds `bytes` to `object` as text, or as `name`_base64 if they are not UTF-8.
void put_text(Json& object, const std::string& name, std::string_view bytes);
// Adds `name` in RFC 3339 form, `name`_ticks and `name`_unix (seconds). The form and the seconds
// are null for 0, "never", and for a time that has no such form.
void put_time(Json& object, const std::string& name, Ticks time);

// The names of the modules in a manifest; "bit N" for a bit without a name.
[[nodiscard]] std::vector<std::string> module_manifest_names(uint32_t manifest);

// Identity, geometry, counts, and the regions with the state of their first block. Says where the
// superblock's fields come from, and shows them even if no checksum confirms them. If the region
// tables are lost, the regions are those that the runs of blocks suggest. kNotAnImage, kUnsupported
// or kIo if there is nothing to show.
[[nodiscard]] Result<Json> image_info(BlockFile& file);
[[nodiscard]] std::string info_text(const Json& info);
// Whether all that `info` shows comes from bytes that verify: a superblock and a region table with
// valid checksums, and the first blocks of the regions with their counts.
[[nodiscard]] bool info_is_verified(const Json& info);

// The region tables, slot by slot. For `block_size` see BlockSelection. Errors as image_info().
[[nodiscard]] Result<Json> dump_regions(BlockFile& file,
                                        std::optional<uint32_t> block_size = std::nullopt);
[[nodiscard]] std::string regions_text(const Json& regions);

// The blocks that `dump` shows.
struct BlockSelection {
  enum class Kind { kSuperblock, kBlocks, kRegion } kind = Kind::kSuperblock;
  BlockRange blocks;   // for kBlocks
  std::string region;  // for kRegion: a block type, e.g. "TAGI"; all written blocks of its regions
  // In bytes; nothing: that of the superblock, or of the blocks' trailers if there is none. kUsage
  // if the format does not allow it.
  std::optional<uint32_t> block_size = {};
  // With keys, a superblock, an HMAC of policies and a namespace signature get a member "key_fits":
  // whether one of the keys fits, or null where nothing was sealed or signed.
  SecretKeys keys = {};
};

// What `region` can be: every block type that the format defines.
[[nodiscard]] std::vector<std::string> region_types();

// Calls `show` for every selected block, decoded: fields with offsets, the trailer and whether its
// checksum matches, and the region that owns the block. kUsage if the selection is empty.
[[nodiscard]] Result<void> dump_blocks(BlockFile& file, const BlockSelection& selection,
                                       const Activity& activity,
                                       const std::function<Result<void>(const Json&)>& show);
[[nodiscard]] std::string block_text(const Json& block);

// Passes the selected blocks to `show` as raw bytes, one block per call.
[[nodiscard]] Result<void> dump_raw(
    BlockFile& file, const BlockSelection& selection, const Activity& activity,
    const std::function<Result<void>(uint64_t offset, Bytes)>& show);

// A byte of an image, counted from its start or from the start of a block.
struct BytePosition {
  std::optional<uint64_t> block;
  uint64_t byte = 0;
  std::optional<uint32_t> block_size = {};  // as in BlockSelection
};

// Explains one byte of an image: its block, whether the block's checksum matches and covers the
// byte, the region that owns the block, the module, dictionary or snapshot that uses it, and the
// field with its value and the entry that it belongs to, or the gap between fields. kUsage if no
// whole block of the file contains the byte.
[[nodiscard]] Result<Json> dump_offset(BlockFile& file, const BytePosition& position);
[[nodiscard]] std::string offset_text(const Json& explanation);

// Walks the tag tree from its root and calls `show` for every node, parents first and children in
// key order: {block, node, parent, depth, last, state, kind, ..}. `last` is true for the last child
// of its parent. A node that cannot be read, or that was reached before, is shown as that, without
// children. kNotFound without a tag index.
[[nodiscard]] Result<void> dump_tag_tree(BlockFile& file, std::optional<uint32_t> block_size,
                                         const Activity& activity,
                                         const std::function<Result<void>(const Json&)>& show);
// One line about a node, without its place in the tree.
[[nodiscard]] std::string tag_node_text(const Json& node);

// The entries of logs to show. The logs are always checked as a whole.
struct LogFilter {
  std::string type = {};            // of the log, e.g. "ALOG"; empty: all
  std::optional<Ticks> since = {};  // not before this time
  std::optional<Ticks> until = {};  // not after this time
  std::string actor = {};           // the start of the actor's id; empty: all
};

// The types of logs.
[[nodiscard]] std::vector<std::string> log_types();

// What show_logs() found.
struct LogsSummary {
  uint64_t logs = 0;
  uint64_t shown = 0;    // entries
  uint64_t broken = 0;   // logs whose chain is broken
  uint64_t damaged = 0;  // other logs of which something cannot be read
  // A superblock and a region table with valid checksums say where the logs are.
  bool verified = true;
  // Why the commits in the journal could not be applied: the logs are those before them.
  std::optional<Error> journal = {};
};

// Calls `show` for the entries of all logs, in the order of the region table and in their order on
// disk, and then for the state of each log. A damaged block hides only what it contains. Memory
// does not depend on numbers in the image. No block is read for two logs. Errors as image_info();
// kUnsupported for unknown features, kInterrupted if `activity` requests a stop.
[[nodiscard]] Result<LogsSummary> show_logs(BlockFile& file, const LogFilter& filter,
                                            const Activity& activity,
                                            const std::function<Result<void>(const Json&)>& show);

// The columns of an entry, not escaped by more than escape(); "-" for those that it does not have.
struct LogColumns {
  std::string time;
  std::string log;
  std::string sequence;
  std::string actor;
  std::string event;
  std::string target;
  std::string faults;
  std::string details;
};
[[nodiscard]] LogColumns log_columns(const Json& entry);
// The state of a log on one line.
[[nodiscard]] std::string log_state_text(const Json& state);

// Lines such as "00000010  44 57 ..  |DW..|"; `offset` is the offset of the first byte.
[[nodiscard]] std::string hex_dump(uint64_t offset, Bytes bytes);

}  // namespace vde

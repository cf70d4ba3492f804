#include "damage/campaign/campaign_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "format/hash.h"
#include "format/region/bitmap.h"
#include "io/memory_file.h"
#include "support/one_change.h"
#include "support/random_bytes.h"
#include "support/wasm_bytes.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde::test {
namespace {

// Long keys are cut.
std::string name_of(const TagEntry& tag) {
  return fmt::format("'{:.16}' of inode {}", escape(tag.key), tag.inode);
}

template <class T>
Refusal refusal_of(const Result<T>& result) {
  return result ? Refusal{} : Refusal{result.error()};
}

Refusal nothing_matched() {
  return Error{ErrorCode::kNotFound, "nothing matched", {}, std::nullopt};
}

void put_tag(Content& content, const TagEntry& tag) {
  std::erase_if(content.tags, [&](const TagEntry& other) {
    return other.key == tag.key && other.inode == tag.inode;
  });
  content.tags.push_back(tag);
}

// Runs `change` on a writer, then commits; `change` says how many tags it changed.
template <class Change>
Refusal with_writer(BlockFile& file, const EditOptions& edit, Change change) {
  const auto writer = TagWriter::open(file, edit);
  if (!writer) return writer.error();
  const Result<uint64_t> changed = change(**writer);
  if (!changed) return changed.error();
  if (*changed == 0) return nothing_matched();
  if (const auto done = (*writer)->commit(); !done) return done.error();
  return refusal_of((*writer)->close());
}

class Chooser {
 public:
  Chooser(const CampaignBase& base, const Expected& expected, uint64_t index, Random& random)
      : base_(base), expected_(expected), random_(random) {
    edit_.now = Ticks{639'000'000'000'000'000 + static_cast<int64_t>(index) * kTicksPerSecond};
  }

  Operation choose(std::string_view aim) {
    struct Way {
      Operation (Chooser::*make)();
      uint64_t weight;
      std::string_view goes_by;
    };
    constexpr Way kWays[] = {
        {&Chooser::set_tags, 3, "TAGI"},
        {&Chooser::remove_tag, 2, "TAGI"},
        {&Chooser::remove_inode, 1, "TAGI"},
        {&Chooser::small_import, 2, "TAGI"},
        {&Chooser::large_import, 3, "TAGI BMAP"},
        {&Chooser::create, 2, "SNAP"},
        {&Chooser::change_mark, 2, "SNAP"},
        {&Chooser::purge, 2, "SNAP"},
        {&Chooser::register_small, 2, "CODE BMAP"},
        {&Chooser::register_large, 2, "CODE BMAP"},
        {&Chooser::unregister_module, 2, "CODE BMAP"},
        {&Chooser::resize_up, 2, "BMAP"},
        {&Chooser::resize_down, 2, "BMAP"},
        {&Chooser::relabel, 1, ""},
    };
    const auto goes_by = [&](const Way& way) { return way.goes_by.find(aim) != aim.npos; };
    const bool aims =
        random_.below(2) == 0 && std::any_of(std::begin(kWays), std::end(kWays), goes_by);
    std::vector<const Way*> ways;
    for (const Way& way : kWays)
      if (!aims || goes_by(way)) ways.insert(ways.end(), way.weight, &way);
    return (this->*ways[random_.below(ways.size())]->make)();
  }

 private:
  // A new key, or an inode's own with another value.
  TagEntry some_tag(bool may_exist) {
    const std::vector<TagEntry>& tags = expected_.content.tags;
    if (may_exist && !tags.empty() && random_.below(2) == 0) {
      TagEntry tag = tags[random_.below(tags.size())];
      tag.value = fmt::format("changed {}", random_.below(1000));
      return tag;
    }
    const size_t most = base_.block_size < 1024 ? 100 : 200;
    TagEntry tag;
    tag.key = fmt::format("key{:06}", random_.below(100'000));
    tag.key.append(random_.below(most), 'x');
    tag.value.assign(random_.below(100), 'n');
    tag.inode = static_cast<int64_t>(random_.below(80));
    tag.block = 7;
    return tag;
  }

  std::vector<TagEntry> some_tags(uint64_t count, bool may_exist) {
    Content distinct;
    for (uint64_t i = 0; i < count; ++i) put_tag(distinct, some_tag(may_exist));
    return distinct.tags;
  }

  Operation set_tags() {
    auto tags = some_tags(1 + random_.below(random_.below(3) == 0 ? 40 : 4), true);
    return {fmt::format("set {} tags, {} first", tags.size(), name_of(tags[0])),
            [tags, edit = edit_](BlockFile& file) {
              return with_writer(file, edit, [&](TagWriter& writer) -> Result<uint64_t> {
                for (const TagEntry& tag : tags) VDE_TRY(writer.set(tag));
                return tags.size();
              });
            },
            [tags](Expected& expected) {
              for (const TagEntry& tag : tags) put_tag(expected.content, tag);
            }};
  }

  Operation remove_tag() {
    const std::vector<TagEntry>& tags = expected_.content.tags;
    TagEntry tag{"no such key", "", 5, 0};
    if (!tags.empty() && random_.below(8) != 0) tag = tags[random_.below(tags.size())];
    return {fmt::format("remove tag {}", name_of(tag)),
            [tag, edit = edit_](BlockFile& file) {
              return with_writer(file, edit, [&](TagWriter& writer) -> Result<uint64_t> {
                VDE_TRY_ASSIGN(was_there, writer.remove(tag.key, tag.inode));
                return was_there ? 1 : 0;
              });
            },
            [tag](Expected& expected) {
              std::erase_if(expected.content.tags, [&](const TagEntry& other) {
                return other.key == tag.key && other.inode == tag.inode;
              });
            }};
  }

  Operation remove_inode() {
    const auto inode = static_cast<int64_t>(random_.below(60));
    return {fmt::format("remove all tags of inode {}", inode),
            [inode, edit = edit_](BlockFile& file) {
              return with_writer(file, edit,
                                 [&](TagWriter& writer) { return writer.remove_all(inode); });
            },
            [inode](Expected& expected) {
              std::erase_if(expected.content.tags,
                            [&](const TagEntry& tag) { return tag.inode == inode; });
            }};
  }

  // Below a sixteenth of the index the tree is changed, else it is built again.
  Operation small_import() {
    const uint64_t most = std::max<uint64_t>(expected_.content.tags.size() / 16, 2);
    return import_of(1 + random_.below(most - 1), "small");
  }
  Operation large_import() {
    return import_of(expected_.content.tags.size() / 16 + 1 + random_.below(400), "large");
  }
  Operation import_of(uint64_t count, std::string_view size) {
    const bool replace = random_.below(4) != 0;
    auto tags = some_tags(count, replace);
    return {fmt::format("{} import of {} tags", size, tags.size()),
            [tags, replace, edit = edit_](BlockFile& file) {
              return run_import(file, tags, replace, edit);
            },
            [tags](Expected& expected) {
              for (const TagEntry& tag : tags) put_tag(expected.content, tag);
            }};
  }
  static Refusal run_import(BlockFile& file, const std::vector<TagEntry>& tags, bool replace,
                            const EditOptions& edit) {
    TagImport::Options options;
    options.replace = replace;
    options.memory = uint64_t{4} << 20;
    const auto import = TagImport::open(file, options, edit);
    if (!import) return import.error();
    for (size_t i = 0; i < tags.size(); ++i) {
      const TagEntry& tag = tags[i];
      const auto added = (*import)->add({tag.key, tag.value, tag.inode, tag.block}, i + 1);
      if (!added) return added.error();
    }
    Activity activity;
    return refusal_of((*import)->finish(activity));
  }

  Operation create() {
    SnapshotOptions wish;
    wish.label = std::string(random_.below(65), 'c');
    wish.read_only = random_.below(3) == 0;
    wish.id = Guid{};
    fill_randomly(wish.id->bytes, random_);
    const std::vector<Snapshot>& all = expected_.content.snapshots;
    if (!all.empty() && random_.below(2) == 0)
      wish.parent = to_string(all[random_.below(all.size())].id);
    Snapshot made;
    made.id = *wish.id;
    made.created = edit_.now;
    made.flags = wish.read_only ? 1 : 0;
    made.label = wish.label;
    return {fmt::format("create snapshot {}", to_string(made.id)),
            [wish, edit = edit_](BlockFile& file) {
              return refusal_of(create_snapshot(file, wish, edit));
            },
            [made](Expected& expected) { expected.content.snapshots.push_back(made); }};
  }

  // Deletes what is not deleted, and the other way round.
  Operation change_mark() {
    const std::vector<Snapshot>& all = expected_.content.snapshots;
    if (all.empty()) return create();
    const Snapshot& chosen = all[random_.below(all.size())];
    const bool deletes = chosen.is_deleted() == (random_.below(8) == 0);
    const std::string id = to_string(chosen.id);
    return {fmt::format("{} snapshot {}", deletes ? "delete" : "undelete", id),
            [id, deletes, edit = edit_](BlockFile& file) {
              return deletes
                         ? refusal_of(delete_snapshots(file, std::vector<std::string>{id}, edit))
                         : refusal_of(undelete_snapshot(file, id, edit));
            },
            [guid = chosen.id, deletes](Expected& expected) {
              for (Snapshot& snapshot : expected.content.snapshots)
                if (snapshot.id == guid)
                  snapshot.flags =
                      static_cast<uint16_t>(deletes ? snapshot.flags | 2 : snapshot.flags & ~2);
            }};
  }

  // Ancestors of what is not deleted stay.
  Operation purge() {
    const auto apply = [](Expected& expected) {
      std::vector<Snapshot>& all = expected.content.snapshots;
      std::set<Guid> stay;
      for (const Snapshot& alive : all)
        for (const Snapshot* at = alive.is_deleted() ? nullptr : &alive;
             at != nullptr && stay.insert(at->id).second;) {
          const auto parent = std::find_if(all.begin(), all.end(), [&](const Snapshot& other) {
            return other.id == at->parent;
          });
          at = parent == all.end() ? nullptr : &*parent;
        }
      std::erase_if(all, [&](const Snapshot& snapshot) {
        return snapshot.is_deleted() && !stay.contains(snapshot.id);
      });
    };
    return {"purge deleted snapshots",
            [edit = edit_](BlockFile& file) { return refusal_of(purge_snapshots(file, edit)); },
            apply};
  }

  Operation register_small() { return register_of(random_.below(3000)); }
  Operation register_large() { return register_of((10 + random_.below(60)) * base_.block_size); }
  Operation register_of(size_t more) {
    const size_t size = kMinWasm + more;
    const uint64_t seed = random_.next();
    const auto bytes = std::make_shared<std::vector<uint8_t>>(
        random_.below(8) == 0 ? wasm_of_size(size, seed) : component_of_size(size, seed));
    ModuleOptions options;
    options.entry = std::string(random_.below(100), 'n');
    options.force = true;
    options.id = Guid{};
    fill_randomly(options.id->bytes, random_);
    Module made;
    made.hash = sha256(*bytes);
    made.id = *options.id;
    made.size = static_cast<int32_t>(bytes->size());
    made.entry_point = options.entry.value_or("");
    return {fmt::format("register module {} of {} bytes", to_string(made.id), made.size),
            [bytes, options, edit = edit_](BlockFile& file) {
              MemoryFile module(*bytes);
              Activity activity;
              return refusal_of(register_module(file, module, options, edit, activity));
            },
            [made](Expected& expected) { expected.content.modules.push_back(made); }};
  }

  Operation unregister_module() {
    const std::vector<Module>& all = expected_.content.modules;
    if (all.empty()) return register_small();
    const Guid guid = all[random_.below(all.size())].id;
    return {fmt::format("remove module {}", to_string(guid)),
            [guid, edit = edit_](BlockFile& file) {
              return refusal_of(remove_modules(file, {to_string(guid)}, edit));
            },
            [guid](Expected& expected) {
              std::erase_if(expected.content.modules,
                            [&](const Module& module) { return module.id == guid; });
            }};
  }

  Operation resize_up() {
    const uint64_t blocks = expected_.size / base_.block_size;
    const uint64_t more[] = {1, 100, bits_per_bitmap_block(base_.block_size), blocks};
    return resize_to(blocks + more[random_.below(std::size(more))]);
  }
  Operation resize_down() {
    const uint64_t blocks = expected_.size / base_.block_size;
    const uint64_t less[] = {1, 20, blocks / 10, blocks / 3, blocks / 2, blocks * 9 / 10};
    return resize_to(std::max(kMinVolumeBlocks, blocks - less[random_.below(std::size(less))]));
  }
  Operation resize_to(uint64_t blocks) {
    const uint64_t size = blocks * base_.block_size;
    return {fmt::format("resize from {} to {} blocks", expected_.size / base_.block_size, blocks),
            [size, edit = edit_](BlockFile& file) {
              return refusal_of(resize_volume(file, size, edit));
            },
            [size](Expected& expected) { expected.size = size; }};
  }

  Operation relabel() {
    const std::string label = fmt::format("label {}", random_.below(1000));
    return {
        "set the label",
        [label, edit = edit_](BlockFile& file) { return refusal_of(set_label(file, label, edit)); },
        [label](Expected& expected) { expected.label = label; }};
  }

  const CampaignBase& base_;
  const Expected& expected_;
  Random& random_;
  EditOptions edit_;
};

}  // namespace

Operation choose_operation(const CampaignBase& base, const Expected& expected, std::string_view aim,
                           uint64_t index, Random& random) {
  return Chooser(base, expected, index, random).choose(aim);
}

}  // namespace vde::test

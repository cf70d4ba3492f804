#include "check/passes.h"

namespace vde {
namespace {

constexpr NamedPass kPasses[] = {
    {"geometry", check_geometry, OnStream::kAtEnd},
    {"superblock groups", check_superblocks, OnStream::kAtStart},
    {"region tables", check_regions, OnStream::kAtStart},
    {"journal", check_journal},
    {"inode layout", check_inode_layout, OnStream::kAtEnd},
    {"tag index, silently", find_sound_tags, OnStream::kNotNeeded},
    {"block trailers", check_blocks, OnStream::kItself},
    {"tag index", check_tags},
    {"snapshot table", check_snapshots},
    {"code cache", check_modules},
    {"dictionary table", check_dictionaries},
    {"record tables", check_tables},
    {"metadata chain hash", check_anchor},
    {"policy vault", check_policies},
    {"encryption header", check_keys},
    {"integrity tree", check_integrity_tree},
    {"allocation bitmap", check_bitmap, OnStream::kAtEnd},
};

}  // namespace

std::span<const NamedPass> passes() {
  return kPasses;
}

}  // namespace vde

#include "damage/campaign/campaign_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/checked.h"
#include "format/hash.h"
#include "probe/probe.h"
#include "support/one_change.h"
#include "vde/text.h"

namespace vde::test {
namespace {

auto identity(const TagEntry& tag) {
  return std::tie(tag.key, tag.inode, tag.value, tag.block);
}
auto identity(const Snapshot& snapshot) {
  return std::tie(snapshot.id, snapshot.created.value, snapshot.flags, snapshot.label);
}
auto identity(const Module& module) {
  return std::tie(module.hash, module.id, module.size, module.entry_point);
}

constexpr auto kBefore = [](const auto& a, const auto& b) { return identity(a) < identity(b); };

template <class T>
std::vector<T> difference(const std::vector<T>& from, const std::vector<T>& what) {
  std::vector<T> left;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(left),
                      kBefore);
  return left;
}

template <class T>
std::vector<T> united(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all), kBefore);
  return all;
}

void list_tags(const Image& image, Listing& listing) {
  auto reader = image.tags();
  if (!reader) {
    listing.tags.error = reader.error();
    return;
  }
  std::vector<TagEntry>& tags = listing.content.tags;
  const auto found = reader->find({}, [&](const TagView& view) {
    if (!tags.empty() && view.key < tags.back().key) listing.tags_in_order = false;
    tags.push_back({std::string(view.key), std::string(view.value), view.inode, view.block});
    return true;
  });
  if (!found) listing.tags.error = found.error();
}

void list_snapshots(const Image& image, Listing& listing) {
  auto reader = image.snapshots();
  if (!reader) {
    listing.snapshots.error = reader.error();
    return;
  }
  const auto read = reader->list([&](const Snapshot& snapshot) {
    listing.content.snapshots.push_back(snapshot);
    return true;
  });
  if (!read) listing.snapshots.error = read.error();
}

// Not by ModuleReader::read(), which starts a thread each time.
bool bytes_verify(const BlockIo& io, const Module& module) {
  const auto range = block_range(module.first_block, module.block_count);
  const uint64_t payload = payload_size(io.block_size());
  if (!range || module.size < 0 || range->count() * payload < static_cast<uint64_t>(module.size))
    return false;
  std::vector<uint8_t> bytes;
  bytes.reserve(range->count() * payload);
  BlockBuffer buffer = io.make_buffer();
  for (uint64_t n = range->begin; n < range->end; ++n) {
    const auto block = io.read_checked(n, block_types::kData, buffer);
    if (!block) return false;
    bytes.insert(bytes.end(), block->payload().begin(), block->payload().end());
  }
  return sha256(Bytes(bytes).first(static_cast<size_t>(module.size))) == module.hash;
}

void list_all_modules(const Image& image, BlockFile& file, Listing& listing) {
  auto reader = image.modules();
  if (!reader) {
    listing.modules.error = reader.error();
    return;
  }
  const auto read = reader->list([&](const Module& module) {
    listing.listed_modules.push_back(module);
    return true;
  });
  if (!read) listing.modules.error = read.error();
  const auto view = committed_view(file);
  if (!view) return;
  const BlockIo io(**view, image.block_size());
  for (const Module& module : listing.listed_modules)
    if (bytes_verify(io, module)) listing.content.modules.push_back(module);
}

}  // namespace

void sort_content(Content& content) {
  std::sort(content.tags.begin(), content.tags.end(), kBefore);
  std::sort(content.snapshots.begin(), content.snapshots.end(), kBefore);
  std::sort(content.modules.begin(), content.modules.end(), kBefore);
}

Content minus(const Content& from, const Content& what) {
  return {difference(from.tags, what.tags), difference(from.snapshots, what.snapshots),
          difference(from.modules, what.modules)};
}

Content common(const Content& a, const Content& b) {
  return minus(a, minus(a, b));
}

Content joined(const Content& a, const Content& b) {
  return {united(a.tags, b.tags), united(a.snapshots, b.snapshots), united(a.modules, b.modules)};
}

Content distinct(Content content) {
  const auto once = [](auto& list) {
    const auto same = [](const auto& a, const auto& b) { return identity(a) == identity(b); };
    list.erase(std::unique(list.begin(), list.end(), same), list.end());
  };
  once(content.tags);
  once(content.snapshots);
  once(content.modules);
  return content;
}

std::string describe(const Content& content) {
  std::vector<std::string> parts;
  if (!content.tags.empty())
    parts.push_back(fmt::format("{} tags ('{}' of inode {} first)", content.tags.size(),
                                escape(content.tags[0].key), content.tags[0].inode));
  if (!content.snapshots.empty())
    parts.push_back(fmt::format("{} snapshots ({} first)", content.snapshots.size(),
                                to_string(content.snapshots[0].id)));
  if (!content.modules.empty())
    parts.push_back(fmt::format("{} modules ({} in block {} first)", content.modules.size(),
                                to_string(content.modules[0].id), content.modules[0].first_block));
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

Listing list_content(BlockFile& file) {
  Listing listing;
  const auto image = open_to_read(file);
  if (!image) {
    listing.tags.error = listing.snapshots.error = listing.modules.error = image.error();
    return listing;
  }
  list_tags(*image, listing);
  list_snapshots(*image, listing);
  list_all_modules(*image, file, listing);
  sort_content(listing.content);
  std::sort(listing.listed_modules.begin(), listing.listed_modules.end(), kBefore);
  return listing;
}

}  // namespace vde::test

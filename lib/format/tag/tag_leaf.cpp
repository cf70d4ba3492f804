#include "format/tag/tag_leaf.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/cursor.h"

namespace vde {
namespace {

void store_index(MutableBytes payload, const std::vector<uint16_t>& offsets,
                 const std::vector<uint8_t>& fingerprints) {
  const size_t size = tag_index_size(offsets.size());
  Writer writer(payload.subspan(payload.size() - kTagLinkSize - size, size));
  writer.copy(fingerprints);
  for (const uint16_t offset : offsets) writer.store(offset);
  writer.store(static_cast<uint16_t>(offsets.size()));
  writer.store(kTagIndexMark);
}

// Writes the head, the index if there is room for one, and zeros between.
void finish_leaf(MutableBytes payload, size_t end, const std::vector<uint16_t>& offsets,
                 const std::vector<uint8_t>& fingerprints) {
  payload[0] = kTagLeafType;
  store_le(payload, 1, static_cast<uint16_t>(offsets.size()));
  const MutableBytes room = payload.subspan(end, payload.size() - kTagLinkSize - end);
  std::fill(room.begin(), room.end(), uint8_t{0});
  if (!offsets.empty() && room.size() >= tag_index_size(offsets.size()))
    store_index(payload, offsets, fingerprints);
}

}  // namespace

uint64_t tag_key_hash(std::string_view key) {
  return XXH3_64bits(key.data(), key.size());
}

void encode_tag_entry(const TagView& entry, MutableBytes to) {
  const auto bytes = [](std::string_view text) {
    return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  Writer writer(to);
  writer.store(static_cast<uint8_t>(entry.key.size()));
  writer.copy(bytes(entry.key));
  writer.store(static_cast<uint8_t>(entry.value.size()));
  writer.copy(bytes(entry.value));
  writer.store(entry.inode);
  writer.store(entry.block);
}

std::optional<TagLeaf> TagLeaf::open(Bytes payload) {
  if (payload.size() < kMinBlockSize - kTrailerSize || payload[0] != kTagLeafType)
    return std::nullopt;
  TagLeaf leaf;
  leaf.base_ = payload.data();
  leaf.end_ = payload.size() - kTagLinkSize;
  leaf.count_ = load_le<uint16_t>(payload, 1);
  if (leaf.count_ > payload.size() / 8) return std::nullopt;
  const bool marked = load_le<uint16_t>(payload, leaf.end_ - 2) == kTagIndexMark &&
                      load_le<uint16_t>(payload, leaf.end_ - 4) == leaf.count_;
  const size_t size = tag_index_size(leaf.count_);
  if (marked && leaf.count_ > 0 && size + kFirst < leaf.end_)
    leaf.fingerprints_ = leaf.base_ + (leaf.end_ - size);
  return leaf;
}

int32_t TagLeaf::next_leaf() const {
  return load_le<int32_t>(Bytes(base_ + end_, kTagLinkSize), 0);
}

uint32_t TagLeaf::match(uint8_t fingerprint, uint32_t i) const {
  if (i >= count_) return count_;
  const void* found = std::memchr(fingerprints_ + i, fingerprint, count_ - i);
  if (found == nullptr) return count_;
  return static_cast<uint32_t>(static_cast<const uint8_t*>(found) - fingerprints_);
}

// True if the entries lie at the offsets of the index, which must exist, and before it. Takes the
// place of each entry from the index and compares afterwards: so the processor need not wait for
// one entry to find the next.
bool TagLeaf::index_fits() const {
  size_t wrong = offset(0) ^ kFirst;
  size_t at = kFirst;
  for (uint32_t i = 0; i < count_; ++i) {
    at = offset(i);
    if (!skip(at)) return false;
    if (i + 1 < count_) wrong |= at ^ offset(i + 1);
  }
  return wrong == 0 && at <= static_cast<size_t>(fingerprints_ - base_);
}

TagLeaf::Shape TagLeaf::shape() const {
  if (has_index() && index_fits()) return Shape::kSound;
  size_t at = kFirst;
  for (uint32_t i = 0; i < count_; ++i)
    if (!skip(at)) return Shape::kBroken;
  return has_index() ? Shape::kNoIndex : Shape::kSound;
}

Result<void> TagLeafEditor::load(MutableBytes payload) {
  payload_ = payload;
  offsets_.clear();
  fingerprints_.clear();
  const std::optional<TagLeaf> leaf = TagLeaf::open(payload);
  if (!leaf) return fail(ErrorCode::kDamaged, "the block is not a tag leaf");
  const TagLeaf::Shape shape = leaf->shape();
  if (shape == TagLeaf::Shape::kBroken)
    return fail(ErrorCode::kDamaged, "an entry of a tag leaf runs past its block");
  TagView entry;
  end_ = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf->count(); ++i) {
    offsets_.push_back(static_cast<uint16_t>(end_));
    static_cast<void>(leaf->read(end_, entry));
    if (!leaf->has_index() || shape != TagLeaf::Shape::kSound)
      fingerprints_.push_back(tag_fingerprint(tag_key_hash(entry.key)));
  }
  if (fingerprints_.size() == offsets_.size()) return {};
  const Bytes index = payload.subspan(
      payload.size() - kTagLinkSize - tag_index_size(offsets_.size()), offsets_.size());
  fingerprints_.assign(index.begin(), index.end());
  return {};
}

TagView TagLeafEditor::entry(size_t i) const {
  TagView entry;
  const Bytes bytes = encoded(i);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  entry.key = {text + 1, bytes[0]};
  entry.value = {text + 2 + entry.key.size(), bytes[1 + entry.key.size()]};
  entry.inode = load_le<int64_t>(bytes, bytes.size() - 16);
  entry.block = load_le<int64_t>(bytes, bytes.size() - 8);
  return entry;
}

Bytes TagLeafEditor::encoded(size_t i) const {
  const size_t end = i + 1 < offsets_.size() ? offsets_[i + 1] : end_;
  return payload_.subspan(offsets_[i], end - offsets_[i]);
}

int32_t TagLeafEditor::next_leaf() const {
  return load_le<int32_t>(payload_, payload_.size() - kTagLinkSize);
}

void TagLeafEditor::set_next_leaf(int32_t next) {
  store_le(payload_, payload_.size() - kTagLinkSize, next);
}

void TagLeafEditor::insert(size_t i, const TagView& entry) {
  const size_t size = tag_entry_size(entry);
  const size_t at = i < offsets_.size() ? offsets_[i] : end_;
  std::memmove(payload_.data() + at + size, payload_.data() + at, end_ - at);
  encode_tag_entry(entry, payload_.subspan(at, size));
  for (size_t k = i; k < offsets_.size(); ++k)
    offsets_[k] = static_cast<uint16_t>(offsets_[k] + size);
  offsets_.insert(offsets_.begin() + static_cast<ptrdiff_t>(i), static_cast<uint16_t>(at));
  fingerprints_.insert(fingerprints_.begin() + static_cast<ptrdiff_t>(i),
                       tag_fingerprint(tag_key_hash(entry.key)));
  end_ += size;
}

void TagLeafEditor::erase(size_t i) {
  const size_t at = offsets_[i];
  const size_t size = encoded(i).size();
  std::memmove(payload_.data() + at, payload_.data() + at + size, end_ - at - size);
  offsets_.erase(offsets_.begin() + static_cast<ptrdiff_t>(i));
  fingerprints_.erase(fingerprints_.begin() + static_cast<ptrdiff_t>(i));
  for (size_t k = i; k < offsets_.size(); ++k)
    offsets_[k] = static_cast<uint16_t>(offsets_[k] - size);
  end_ -= size;
}

void TagLeafEditor::store() {
  finish_leaf(payload_, end_, offsets_, fingerprints_);
}

void TagLeafWriter::restart(MutableBytes payload) {
  payload_ = payload;
  end_ = kTagNodeHead;
  offsets_.clear();
  fingerprints_.clear();
}

void TagLeafWriter::add(const TagView& entry, uint64_t hash) {
  const size_t size = tag_entry_size(entry);
  encode_tag_entry(entry, payload_.subspan(end_, size));
  offsets_.push_back(static_cast<uint16_t>(end_));
  fingerprints_.push_back(tag_fingerprint(hash));
  end_ += size;
}

void TagLeafWriter::truncate(size_t i) {
  if (i >= offsets_.size()) return;
  end_ = offsets_[i];
  offsets_.resize(i);
  fingerprints_.resize(i);
}

void TagLeafWriter::take_tail(TagLeafWriter& other, size_t from) {
  if (from >= other.offsets_.size()) return;
  const size_t at = other.offsets_[from];
  std::memcpy(payload_.data() + end_, other.payload_.data() + at, other.end_ - at);
  for (size_t i = from; i < other.offsets_.size(); ++i) {
    offsets_.push_back(static_cast<uint16_t>(other.offsets_[i] - at + end_));
    fingerprints_.push_back(other.fingerprints_[i]);
  }
  end_ += other.end_ - at;
  other.truncate(from);
}

void TagLeafWriter::finish(int32_t next_leaf) {
  finish_leaf(payload_, end_, offsets_, fingerprints_);
  store_le(payload_, payload_.size() - kTagLinkSize, next_leaf);
}

}  // namespace vde

#include "crash/disk_states.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

namespace vde::test {
namespace {

constexpr size_t kGarbageSectors = 61;

std::vector<uint8_t> make_garbage() {
  std::vector<uint8_t> bytes(kGarbageSectors * kSectorBytes + kLargeSectorBytes);
  Random random(0x6761726261676531);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next() >> 32);
  return bytes;
}

// Zeros do not count, so that a longer file of zeros differs only by its size.
uint64_t sector_hash(uint64_t number, Bytes bytes) {
  if (all_zero(bytes)) return 0;
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), number);
}

}  // namespace

Bytes garbage_of(uint64_t sector, uint64_t sector_bytes) {
  static const std::vector<uint8_t> garbage = make_garbage();
  return Bytes(garbage).subspan(sector % kGarbageSectors * kSectorBytes, sector_bytes);
}

PendingDisk::PendingDisk(std::vector<uint8_t> content, uint64_t sector_bytes)
    : sector_bytes_(sector_bytes), file_(std::move(content)) {
  const size_t size = file_.content().size();
  for (uint64_t at = 0; at < size; at += sector_bytes_)
    synced_.push_back(sector_hash(at / sector_bytes_, synced(at / sector_bytes_)));
  sizes_ = {size};
}

void PendingDisk::apply(const LoggedEvent& event) {
  switch (event.kind) {
    case LoggedEvent::Kind::kWrite:
      return write(event.at, event.bytes);
    case LoggedEvent::Kind::kResize:
      return resize(event.at);
    case LoggedEvent::Kind::kSync:
      return sync();
    case LoggedEvent::Kind::kAck:
      return;
  }
}

std::vector<uint8_t> PendingDisk::synced(uint64_t number) const {
  std::vector<uint8_t> sector(sector_bytes_);
  const Bytes content = file_.content();
  const uint64_t at = number * sector_bytes_;
  if (at < content.size())
    std::ranges::copy(content.subspan(at, std::min(sector_bytes_, content.size() - at)),
                      sector.begin());
  return sector;
}

std::vector<uint8_t> PendingDisk::newest(uint64_t number) const {
  const auto found = pending_.find(number);
  if (found == pending_.end()) return synced(number);
  const Bytes last = sectors_[found->second].versions.back();
  return {last.begin(), last.end()};
}

void PendingDisk::write(uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const uint64_t number = offset / sector_bytes_;
    const uint64_t skipped = offset % sector_bytes_;
    const Bytes part = bytes.first(std::min(bytes.size(), sector_bytes_ - skipped));
    if (part.size() == sector_bytes_) {
      add_version(number, part);
    } else {
      std::vector<uint8_t> sector = newest(number);
      std::ranges::copy(part, sector.begin() + static_cast<ptrdiff_t>(skipped));
      composed_.push_back(std::move(sector));
      add_version(number, composed_.back());
    }
    offset += part.size();
    bytes = bytes.subspan(part.size());
  }
}

void PendingDisk::add_version(uint64_t number, Bytes bytes) {
  const auto [found, is_new] = pending_.try_emplace(number, sectors_.size());
  const uint64_t old = number < synced_.size() ? synced_[number] : 0;
  if (is_new)
    sectors_.push_back(
        {number, {}, {0, sector_hash(number, garbage_of(number, sector_bytes_)) - old}});
  Sector& sector = sectors_[found->second];
  sector.versions.push_back(bytes);
  sector.deltas.insert(sector.deltas.end() - 1, sector_hash(number, bytes) - old);
}

// Bytes that a shorter file cuts off read as zeros if the file grows again. Bytes that are already
// zero are not written.
void PendingDisk::resize(uint64_t size) {
  static constexpr std::array<uint8_t, kLargeSectorBytes> kZeros{};
  for (uint64_t at = size; at < sizes_.back();) {
    const uint64_t skipped = at % sector_bytes_;
    const uint64_t count = std::min(sector_bytes_ - skipped, sizes_.back() - at);
    const std::vector<uint8_t> sector = newest(at / sector_bytes_);
    if (!all_zero(Bytes(sector).subspan(skipped, count))) write(at, Bytes(kZeros).first(count));
    at += count;
  }
  sizes_.push_back(size);
}

void PendingDisk::sync() {
  const uint64_t size = sizes_.back();
  (void)file_.resize(size);
  synced_.resize((size + sector_bytes_ - 1) / sector_bytes_, 0);
  for (const Sector& sector : sectors_) {
    const uint64_t at = sector.number * sector_bytes_;
    if (at >= size) continue;
    (void)file_.write(at, sector.versions.back().first(std::min(sector_bytes_, size - at)));
    synced_[sector.number] = sector_hash(sector.number, synced(sector.number));
  }
  file_.keep();
  sizes_ = {size};
  sectors_.clear();
  pending_.clear();
  composed_.clear();
}

uint64_t PendingDisk::synced_hash(uint64_t size) const {
  uint64_t hash = size * 0x9e3779b97f4a7c15;
  const uint64_t end =
      std::min<uint64_t>((size + sector_bytes_ - 1) / sector_bytes_, synced_.size());
  for (uint64_t i = 0; i < end; ++i) hash += synced_[i];
  return hash;
}

uint64_t PendingDisk::hash_of(const DiskState& state) const {
  uint64_t hash = 0;
  for (size_t i = 0; i < sectors_.size(); ++i) {
    const Sector& sector = sectors_[i];
    if (sector.number * sector_bytes_ >= state.size) continue;
    hash += state.choices[i] == kGarbage ? sector.deltas.back() : sector.deltas[state.choices[i]];
  }
  return hash;
}

namespace {

// Lists choices for the pending sectors.
class Enumeration {
 public:
  Enumeration(const std::vector<PendingDisk::Sector>& sectors, Random& random)
      : sectors_(sectors), random_(random), old_(sectors.size(), 0) {
    for (const auto& sector : sectors)
      newest_.push_back(static_cast<Choice>(sector.versions.size()));
  }

  [[nodiscard]] uint64_t combinations(uint64_t max) const {
    uint64_t product = 1;
    for (const auto& sector : sectors_) {
      product *= sector.versions.size() + 2;
      if (product > max) return max + 1;
    }
    return product;
  }

  void all_combinations() {
    std::vector<Choice> choices = old_;
    for (bool more = true; more;) {
      list_.push_back(choices);
      more = false;
      for (size_t i = 0; i < choices.size() && !more; ++i) {
        more = choices[i] != kGarbage;
        choices[i] = !more ? Choice{0} : choices[i] == newest_[i] ? kGarbage : ++choices[i];
      }
    }
  }

  void all_subsets() {
    for (uint64_t set = 0; set < uint64_t{1} << sectors_.size(); ++set) {
      std::vector<Choice> choices = old_;
      for (size_t i = 0; i < choices.size(); ++i)
        if ((set >> i & 1) != 0) choices[i] = newest_[i];
      list_.push_back(std::move(choices));
    }
  }

  void prefixes() {
    std::vector<Choice> choices = old_;
    list_.push_back(choices);
    for (size_t i = 0; i < choices.size(); ++i) {
      choices[i] = newest_[i];
      list_.push_back(choices);
    }
  }

  // Each sector alone as `choice` says among others that are old, and among new ones.
  void each_one(bool garbage) {
    for (size_t i = 0; i < old_.size(); ++i) {
      std::vector<Choice> alone = old_;
      std::vector<Choice> missing = newest_;
      alone[i] = garbage ? kGarbage : newest_[i];
      missing[i] = garbage ? kGarbage : Choice{0};
      list_.push_back(std::move(alone));
      list_.push_back(std::move(missing));
    }
  }

  void sample() {
    // From nearly nothing written to nearly everything, with and without garbage.
    const uint64_t density = 1 + random_.below(15);
    const uint64_t garbage = random_.below(2) * random_.below(4);
    std::vector<Choice> choices = old_;
    for (size_t i = 0; i < choices.size(); ++i) {
      if (random_.below(16) < density) choices[i] = newest_[i];
      if (newest_[i] > 1 && random_.below(4) == 0)
        choices[i] = static_cast<Choice>(random_.below(newest_[i]));
      if (random_.below(16) < garbage) choices[i] = kGarbage;
    }
    list_.push_back(std::move(choices));
  }

  [[nodiscard]] std::vector<std::vector<Choice>> take() { return std::move(list_); }

 private:
  const std::vector<PendingDisk::Sector>& sectors_;
  Random& random_;
  std::vector<Choice> old_;
  std::vector<Choice> newest_;
  std::vector<std::vector<Choice>> list_;
};

}  // namespace

std::vector<DiskState> PendingDisk::states(const EnumerationLimits& limits, bool thorough,
                                           Random& random) const {
  Enumeration enumeration(sectors_, random);
  if (enumeration.combinations(limits.exhaustive) <= limits.exhaustive) {
    enumeration.all_combinations();
  } else {
    if (sectors_.size() <= limits.subsets) enumeration.all_subsets();
    if (thorough) {
      enumeration.prefixes();
      enumeration.each_one(false);
      enumeration.each_one(true);
    }
    const size_t samples = thorough ? limits.samples : limits.samples / 4;
    for (size_t i = 0; i < samples; ++i) enumeration.sample();
  }
  const std::vector<std::vector<Choice>> list = enumeration.take();
  std::vector<uint64_t> sizes = sizes_;
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  std::vector<DiskState> states;
  states.reserve(list.size() * sizes.size());
  for (const uint64_t size : sizes) {
    const uint64_t synced = synced_hash(size);
    for (const auto& choices : list) {
      states.push_back({size, choices, 0});
      states.back().hash = synced + hash_of(states.back());
    }
  }
  return states;
}

ScratchFile& PendingDisk::realize(const DiskState& state) {
  (void)file_.resize(state.size);
  for (size_t i = 0; i < sectors_.size(); ++i) {
    const Sector& sector = sectors_[i];
    const Choice choice = state.choices[i];
    const uint64_t at = sector.number * sector_bytes_;
    if (choice == 0 || at >= state.size) continue;
    const Bytes bytes = choice == kGarbage ? garbage_of(sector.number, sector_bytes_)
                                           : sector.versions[choice - size_t{1}];
    (void)file_.write(at, bytes.first(std::min(sector_bytes_, state.size - at)));
  }
  return file_;
}

std::string PendingDisk::describe(const DiskState& state, uint32_t block_size) const {
  const uint64_t per_block = std::max<uint64_t>(1, block_size / sector_bytes_);
  const uint64_t blocks = std::max<uint64_t>(1, sector_bytes_ / block_size);  // of a sector
  std::string text =
      fmt::format("file of {} bytes (synced: {}); {} pending sectors, block.sector:", state.size,
                  sizes_.front(), sectors_.size());
  for (size_t i = 0; i < sectors_.size(); ++i) {
    const Choice choice = state.choices[i];
    const bool newest = choice == sectors_[i].versions.size();
    const std::string what = choice == 0          ? "old"
                             : choice == kGarbage ? "garbage"
                             : newest             ? "new"
                                                  : fmt::format("version {}", choice);
    text += fmt::format(" {}.{}={}", sectors_[i].number * blocks / per_block,
                        sectors_[i].number % per_block, what);
  }
  return text;
}

}  // namespace vde::test

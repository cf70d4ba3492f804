#include "check/exact/payload_trials.h"

#include <bit>
#include <cassert>
#include <utility>

#include "base/endian.h"

namespace vde {
namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63;

constexpr size_t kWord = sizeof(uint64_t);
constexpr int kLaneTurns[] = {1, 7, 12, 18};
// Steps of a trial besides those of its lane.
constexpr uint64_t kFinishSteps = 8;

// A lane's state after a word, which comes multiplied by the second prime.
constexpr uint64_t next_state(uint64_t state, uint64_t scaled) {
  return std::rotl(state + scaled, 31) * kPrime1;
}

// What a lane's last state adds to the hash.
constexpr uint64_t mixed(uint64_t lane) {
  return next_state(0, lane * kPrime2);
}
constexpr uint64_t add_lane(uint64_t hash, uint64_t mixed_lane) {
  return (hash ^ mixed_lane) * kPrime1 + kPrime4;
}
constexpr uint64_t add_tail_word(uint64_t hash, uint64_t word) {
  return std::rotl(hash ^ mixed(word), 27) * kPrime1 + kPrime4;
}
constexpr uint64_t scramble(uint64_t hash) {
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

// Each of these steps can be undone.
constexpr uint64_t inverse(uint64_t odd) {
  uint64_t result = odd;  // right in three bits, and in twice as many after each round
  for (int round = 0; round < 5; ++round) result *= 2 - odd * result;
  return result;
}
constexpr uint64_t undo_add_lane(uint64_t hash, uint64_t mixed_lane) {
  return (hash - kPrime4) * inverse(kPrime1) ^ mixed_lane;
}
constexpr uint64_t undo_add_tail_word(uint64_t hash, uint64_t word) {
  return std::rotr((hash - kPrime4) * inverse(kPrime1), 27) ^ mixed(word);
}
constexpr uint64_t undo_scramble(uint64_t hash) {
  hash = (hash ^ hash >> 32) * inverse(kPrime3);
  hash = (hash ^ hash >> 29 ^ hash >> 58) * inverse(kPrime2);
  return hash ^ hash >> 33;
}

constexpr auto kBitMasks = [] {
  std::array<uint64_t, 64> masks{};
  for (size_t bit = 0; bit < masks.size(); ++bit) masks[bit] = uint64_t{1} << bit;
  return masks;
}();

constexpr size_t kByteChanges = 255 - 8;  // those of one bit are tried before

constexpr auto kByteMasks = [] {
  std::array<uint64_t, kWord * kByteChanges> masks{};
  size_t end = 0;
  for (size_t byte = 0; byte < kWord; ++byte)
    for (uint64_t change = 1; change < 256; ++change)
      if (!std::has_single_bit(change)) masks[end++] = change << 8 * byte;
  return masks;
}();

}  // namespace

std::span<const uint64_t> one_bit_masks() {
  return kBitMasks;
}
std::span<const uint64_t> one_byte_masks() {
  return kByteMasks;
}

PayloadTrials::PayloadTrials(Bytes payload)
    : size_(payload.size()), stripes_(payload.size() / (kLanes * kWord)) {
  assert(payload.size() == (stripes_ * kLanes + kTailWords) * kWord && stripes_ > 0);
  for (size_t at = 0; at < payload.size(); at += kWord)
    words_.push_back(load_le<uint64_t>(payload, at));
  constexpr Lanes kStart = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    uint64_t state = kStart[lane];
    for (size_t stripe = 0; stripe < stripes_; ++stripe) {
      before_.push_back(state);
      scaled_.push_back(words_[stripe * kLanes + lane] * kPrime2);
      state = next_state(state, scaled_.back());
    }
    ends_[lane] = state;
  }
  for (size_t i = 0; i < kTailWords; ++i) tail_[i] = words_[stripes_ * kLanes + i];
}

uint64_t PayloadTrials::lanes_hash() const {
  uint64_t hash = 0;
  for (size_t i = 0; i < kLanes; ++i) hash += std::rotl(ends_[i], kLaneTurns[i]);
  for (const uint64_t lane : ends_) hash = add_lane(hash, mixed(lane));
  return hash + size_;
}

uint64_t PayloadTrials::digest() const {
  uint64_t hash = lanes_hash();
  for (const uint64_t word : tail_) hash = add_tail_word(hash, word);
  return scramble(hash);
}

PayloadTrials::Wanted PayloadTrials::undo_finish(uint64_t digest) const {
  Wanted wanted;
  wanted.after_tail = undo_scramble(digest);
  uint64_t hash = wanted.after_tail;
  for (size_t i = kTailWords; i-- > 0;) hash = undo_add_tail_word(hash, tail_[i]);
  hash -= size_;
  for (size_t i = kLanes; i-- > 0;) {
    wanted.at_lane[i] = undo_add_lane(hash, 0);
    hash = undo_add_lane(hash, mixed(ends_[i]));
  }
  return wanted;
}

uint64_t PayloadTrials::cost(uint64_t size, size_t masks) {
  const uint64_t stripes = size / (kLanes * kWord);
  return masks * (kLanes * (stripes * (stripes + 1) / 2) + size / kWord * kFinishSteps);
}

// Takes the states after word `stripe` of the lane to its end. They are spelled out one by one, so
// that the compiler keeps them in registers.
void PayloadTrials::run_lane(size_t lane, size_t stripe, Batch& states) const {
  const auto run = [&]<size_t... kStates>(std::index_sequence<kStates...>) {
    Batch now = states;
    for (const uint64_t scaled :
         std::span(scaled_).subspan(lane * stripes_, stripes_).subspan(stripe + 1))
      ((now[kStates] = next_state(now[kStates], scaled)), ...);
    states = now;
  };
  run(std::make_index_sequence<kBatch>());
}

std::optional<uint64_t> PayloadTrials::find_in_stripe(const Wanted& wanted, size_t index,
                                                      std::span<const uint64_t> masks) const {
  const size_t lane = index % kLanes;
  const size_t stripe = index / kLanes;
  const uint64_t before = before_[lane * stripes_ + stripe];
  uint64_t others = 0;
  Lanes mixed_before{};
  for (size_t i = 0; i < kLanes; ++i) {
    if (i != lane) others += std::rotl(ends_[i], kLaneTurns[i]);
    mixed_before[i] = mixed(ends_[i]);
  }
  const auto fits = [&](uint64_t state) {
    uint64_t hash = others + std::rotl(state, kLaneTurns[lane]);
    for (size_t i = 0; i < lane; ++i) hash = add_lane(hash, mixed_before[i]);
    return (hash ^ mixed(state)) == wanted.at_lane[lane];
  };
  for (size_t first = 0; first < masks.size(); first += kBatch) {
    const size_t count = std::min(kBatch, masks.size() - first);
    Batch states{};
    for (size_t i = 0; i < count; ++i)
      states[i] = next_state(before, (words_[index] ^ masks[first + i]) * kPrime2);
    run_lane(lane, stripe, states);
    for (size_t i = 0; i < count; ++i)
      if (fits(states[i])) return masks[first + i];
  }
  return std::nullopt;
}

std::optional<uint64_t> PayloadTrials::find_in_tail(const Wanted& wanted, size_t index,
                                                    std::span<const uint64_t> masks) const {
  const size_t place = index - stripes_ * kLanes;
  const uint64_t lanes = lanes_hash();
  for (const uint64_t mask : masks) {
    uint64_t hash = lanes;
    for (size_t i = 0; i < kTailWords; ++i)
      hash = add_tail_word(hash, tail_[i] ^ (i == place ? mask : 0));
    if (hash == wanted.after_tail) return mask;
  }
  return std::nullopt;
}

std::optional<WordChange> PayloadTrials::find(uint64_t digest, std::span<const uint64_t> masks,
                                              Work& work) const {
  const Wanted wanted = undo_finish(digest);
  for (size_t index = 0; index < words_.size() && !work.stopped(); ++index) {
    const bool in_tail = index >= stripes_ * kLanes;
    const uint64_t steps = in_tail ? 0 : stripes_ - index / kLanes;
    work.take(masks.size() * (steps + kFinishSteps));
    const auto mask =
        in_tail ? find_in_tail(wanted, index, masks) : find_in_stripe(wanted, index, masks);
    if (mask) return WordChange{static_cast<uint32_t>(index), *mask};
  }
  return std::nullopt;
}

}  // namespace vde

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
constexpr uint64_t kFinishSteps = 16;

// A lane's state after a word, which comes multiplied by the second prime.
constexpr uint64_t next_state(uint64_t state, uint64_t scaled) {
  return std::rotl(state + scaled, 31) * kPrime1;
}

constexpr uint64_t add_tail_word(uint64_t hash, uint64_t word) {
  return std::rotl(hash ^ next_state(0, word * kPrime2), 27) * kPrime1 + kPrime4;
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

uint64_t PayloadTrials::finish(const Lanes& lanes, uint64_t tail0, uint64_t tail1) const {
  uint64_t hash = 0;
  for (size_t i = 0; i < kLanes; ++i) hash += std::rotl(lanes[i], kLaneTurns[i]);
  for (const uint64_t lane : lanes)
    hash = (hash ^ next_state(0, lane * kPrime2)) * kPrime1 + kPrime4;
  hash = add_tail_word(add_tail_word(hash + size_, tail0), tail1);
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
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

std::optional<uint64_t> PayloadTrials::find_in_stripe(uint64_t wanted, size_t index,
                                                      std::span<const uint64_t> masks) const {
  const size_t lane = index % kLanes;
  const size_t stripe = index / kLanes;
  const uint64_t before = before_[lane * stripes_ + stripe];
  Lanes lanes = ends_;
  for (size_t first = 0; first < masks.size(); first += kBatch) {
    const size_t count = std::min(kBatch, masks.size() - first);
    Batch states{};
    for (size_t i = 0; i < count; ++i)
      states[i] = next_state(before, (words_[index] ^ masks[first + i]) * kPrime2);
    run_lane(lane, stripe, states);
    for (size_t i = 0; i < count; ++i) {
      lanes[lane] = states[i];
      if (finish(lanes, tail_[0], tail_[1]) == wanted) return masks[first + i];
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> PayloadTrials::find_in_tail(uint64_t wanted, size_t index,
                                                    std::span<const uint64_t> masks) const {
  const size_t place = index - stripes_ * kLanes;
  for (const uint64_t mask : masks) {
    std::array<uint64_t, kTailWords> tail = tail_;
    tail[place] ^= mask;
    if (finish(ends_, tail[0], tail[1]) == wanted) return mask;
  }
  return std::nullopt;
}

std::optional<WordChange> PayloadTrials::find(uint64_t wanted, std::span<const uint64_t> masks,
                                              Work& work) const {
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

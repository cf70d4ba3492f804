// The checksum of a payload of which one word is different, for very many differences.
//
// XXH64 feeds a payload to four lanes that do not touch each other before the end, eight bytes to
// each in turn. A change of one word therefore changes one lane only, and that from this word on:
// with the state of every lane before every word saved, a trial computes the rest of one lane. The
// steps after that can be undone, so the digest that is looked for is taken back to that lane. It
// is the digest that the library computes (a test compares the two).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "check/exact/work.h"
#include "vde/bytes.h"

namespace vde {

// Word `index` (8 bytes, little-endian) of a payload differs from the original by these bits.
struct WordChange {
  uint32_t index = 0;
  uint64_t mask = 0;
  bool operator==(const WordChange&) const = default;
};

class PayloadTrials {
 public:
  // `payload` is that of a block: a whole number of words and at least 32 bytes.
  explicit PayloadTrials(Bytes payload);

  [[nodiscard]] uint64_t digest() const;

  // Steps that find() takes at most with `masks` masks on a payload of `size` bytes.
  [[nodiscard]] static uint64_t cost(uint64_t size, size_t masks);

  // The first word, and the first of `masks` for it, that make this digest; nothing where none
  // does, or `work` is stopped. Takes what it did from `work`, which is at least cost().
  [[nodiscard]] std::optional<WordChange> find(uint64_t digest, std::span<const uint64_t> masks,
                                               Work& work) const;

 private:
  static constexpr size_t kLanes = 4;
  static constexpr size_t kTailWords = 2;
  // Trials that are computed side by side: one alone would wait for each multiplication.
  static constexpr size_t kBatch = 8;
  using Lanes = std::array<uint64_t, kLanes>;
  using Batch = std::array<uint64_t, kBatch>;

  // What a digest means further back, where only one lane, or the tail, is different.
  struct Wanted {
    Lanes at_lane{};  // the hash with the lane's last state added, before it is multiplied
    uint64_t after_tail = 0;
  };
  [[nodiscard]] Wanted undo_finish(uint64_t digest) const;
  [[nodiscard]] uint64_t lanes_hash() const;
  void run_lane(size_t lane, size_t stripe, Batch& states) const;
  [[nodiscard]] std::optional<uint64_t> find_in_stripe(const Wanted& wanted, size_t index,
                                                       std::span<const uint64_t> masks) const;
  [[nodiscard]] std::optional<uint64_t> find_in_tail(const Wanted& wanted, size_t index,
                                                     std::span<const uint64_t> masks) const;

  uint64_t size_;   // bytes
  size_t stripes_;  // of four words
  std::vector<uint64_t> words_;
  std::vector<uint64_t> scaled_;  // the stripes' words as lanes add them, lane after lane
  std::vector<uint64_t> before_;  // a lane's state before each of them, in the same order
  Lanes ends_{};
  std::array<uint64_t, kTailWords> tail_{};
};

// Masks for find(): each bit, and each change of more than one bit of a byte.
[[nodiscard]] std::span<const uint64_t> one_bit_masks();
[[nodiscard]] std::span<const uint64_t> one_byte_masks();

}  // namespace vde

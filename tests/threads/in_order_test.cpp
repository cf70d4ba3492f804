// Work on several items at once, whose steps are taken in the order of the items.
#include "verify/in_order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace vde::cli;

namespace {

bool go_on() {
  return true;
}

// The steps that are waiting, and the maximum of them.
struct Waiting {
  std::atomic<int> now{0};
  std::atomic<int> max{0};

  void add() {
    const int count = ++now;
    int before = max;
    while (before < count && !max.compare_exchange_weak(before, count)) {
    }
  }
};

}  // namespace

TEST_CASE("steps come in the order of the items and of each item, whatever is done first") {
  constexpr size_t kItems = 200;
  std::vector<std::string> taken;
  std::vector<std::string> expected;
  for (size_t item = 0; item < kItems; ++item)
    for (int step = 0; step < 5; ++step)
      expected.push_back(std::to_string(item) + "." + std::to_string(step));
  InOrder work(kItems, {.items_at_once = 8, .jobs = 8},
               [&](size_t item, unsigned, const InOrder::HandOver& hand_over) {
                 // Later items are done sooner.
                 std::this_thread::sleep_for(std::chrono::microseconds(item % 7 * 200));
                 for (int step = 0; step < 5; ++step)
                   hand_over(
                       [&taken, item, step] {
                         taken.push_back(std::to_string(item) + "." + std::to_string(step));
                       },
                       1);
               });
  CHECK(work.run(go_on));
  CHECK(taken == expected);
}

TEST_CASE("what waits for a slow first item is bounded, and its own steps go on") {
  constexpr size_t kBytes = 100;
  constexpr unsigned kThreads = 4;
  Waiting waiting;
  std::atomic<bool> others_wait{false};
  InOrder work(50, {.items_at_once = kThreads, .jobs = kThreads, .bytes = kBytes},
               [&](size_t item, unsigned, const InOrder::HandOver& hand_over) {
                 if (item == 0)
                   while (waiting.now < static_cast<int>(kBytes)) std::this_thread::yield();
                 for (int i = 0; i < 1000; ++i) {
                   waiting.add();
                   hand_over([&] { --waiting.now; }, 1);
                 }
                 if (item == 0) others_wait = waiting.now >= static_cast<int>(kBytes);
               });
  CHECK(work.run(go_on));
  CHECK(others_wait);
  CHECK(waiting.now == 0);
  // What was handed over for later items, the same for the first one twice (what is taken, and what
  // comes meanwhile), and a step that waits in each thread.
  CHECK(waiting.max <= static_cast<int>(3 * kBytes + kThreads));
}

TEST_CASE("the threads of all items together are shared among those that can begin") {
  for (const unsigned jobs : {2u, 3u, 5u, 8u, 16u})
    for (const size_t items : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{40}}) {
      CAPTURE(jobs);
      CAPTURE(items);
      std::atomic<unsigned> used{0};
      std::atomic<unsigned> max{0};
      std::atomic<unsigned> begun{0};
      const auto at_once = static_cast<unsigned>(std::min<size_t>(jobs, items));
      InOrder work(items, {.items_at_once = at_once, .jobs = jobs},
                   [&](size_t item, unsigned mine, const InOrder::HandOver&) {
                     REQUIRE(mine >= 1);
                     const unsigned now = used += mine;
                     unsigned before = max;
                     while (before < now && !max.compare_exchange_weak(before, now)) {
                     }
                     ++begun;
                     // The first ones are all running at once.
                     if (item < at_once)
                       while (begun < at_once) std::this_thread::yield();
                     used -= mine;
                   });
      CHECK(work.run(go_on));
      CHECK(max == jobs);
    }
}

TEST_CASE("after a stop no further item begins, and what has begun is handed over") {
  std::atomic<bool> is_stopping{false};
  std::atomic<size_t> begun{0};
  std::vector<size_t> taken;
  InOrder work(1000, {.items_at_once = 3, .jobs = 3},
               [&](size_t item, unsigned, const InOrder::HandOver& hand_over) {
                 ++begun;
                 hand_over([] {}, 1);
                 while (!is_stopping) std::this_thread::yield();
                 hand_over([&, item] { taken.push_back(item); }, 1);
               });
  CHECK(work.run([&] {
    is_stopping = true;
    return false;
  }));
  CHECK(taken.size() == begun);
  CHECK(begun < 1000);
  for (size_t i = 0; i < taken.size(); ++i) CHECK(taken[i] == i);
}

TEST_CASE("an exception of the work or of a step ends the run and reaches its caller") {
  const auto run = [](bool in_step) {
    InOrder work(100, {.items_at_once = 4, .jobs = 4, .bytes = 10},
                 [in_step](size_t item, unsigned, const InOrder::HandOver& hand_over) {
                   const auto is_bad = [item] {
                     if (item == 20) throw std::runtime_error("item 20");
                   };
                   if (!in_step) is_bad();
                   for (int i = 0; i < 20; ++i) hand_over([is_bad] { is_bad(); }, 1);
                 });
    static_cast<void>(work.run(go_on));
  };
  CHECK_THROWS_WITH_AS(run(false), "item 20", std::runtime_error);
  CHECK_THROWS_WITH_AS(run(true), "item 20", std::runtime_error);
}

#include "region/hash_pipe.h"

#include <doctest/doctest.h>

#include <thread>

#include "support/module_session.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("the pipe hashes what was pushed, in order, with any sizes") {
  for (const size_t buffers : {size_t{0}, size_t{1}, size_t{2}, size_t{5}, size_t{300}}) {
    CAPTURE(buffers);
    HashPipe pipe(1000);
    Sha256Stream all;
    for (size_t i = 0; i < buffers; ++i) {
      const MutableBytes buffer = pipe.fill();
      REQUIRE(buffer.size() == 1000);
      std::ranges::fill(buffer, static_cast<uint8_t>(i));
      all.add(pipe.push(1000 - i));
    }
    CHECK(pipe.finish() == all.finish());
  }
}

TEST_CASE("a pipe that is not finished still ends its thread") {
  for (size_t buffers = 0; buffers < 8; ++buffers) {
    HashPipe pipe(size_t{1} << 16);
    for (size_t i = 0; i < buffers; ++i) {
      static_cast<void>(pipe.fill());
      static_cast<void>(pipe.push(size_t{1} << 16));
    }
  }
}

TEST_CASE("a module is stored while another thread reads the progress") {
  ImageBuilder image({4096, 4096, kAllModules});
  MemoryFile file(wasm_of_size(size_t{6} << 20, 1));
  Activity activity;
  std::atomic<bool> finished{false};
  uint64_t seen = 0;
  std::thread watcher([&] {
    while (!finished) seen = std::max(seen, activity.done.load());
  });
  const auto stored = register_module(image.file(), file, {}, kSomeOptions, activity);
  finished = true;
  watcher.join();
  const Module module = must(stored).module;
  CHECK(module.hash == sha256(file.bytes()));
  CHECK(stored_bytes(image.file(), module) == file.bytes());
  CHECK(seen <= activity.done);
}

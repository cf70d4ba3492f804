// kill_worker IMAGE: commits one state after the other until it is killed, and prints the number of
// each once it is durable. Sessions end after a few commits, with and without a checkpoint, so that
// opening, recovering and closing are hit, too. If something fails, prints the reason and exits
// with 8.
#include <unistd.h>

#include <cstdio>

#include "crash/kill_state.h"
#include "support/try_open.h"

using namespace vde;

namespace {

// One write, which a kill leaves complete or undone.
void acknowledge(uint64_t number) {
  const std::string line = std::to_string(number) + "\n";
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(8);
}

Result<void> run_session(const char* path) {
  VDE_TRY_ASSIGN(file, open_file(path, OpenMode::kReadWrite));
  VDE_TRY(file->lock(LockMode::kExclusive, std::chrono::milliseconds(0)));
  VDE_TRY_ASSIGN(volume, test::try_open_volume(*file, {}));
  VDE_TRY_ASSIGN(number, test::kill_state(*volume));
  const uint64_t last = number + 1 + number % 7;
  while (number < last) {
    VDE_TRY(test::commit_kill_state(*volume, ++number));
    acknowledge(number);
  }
  return last % 2 == 0 ? volume->close() : Result<void>{};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 16;
  for (;;) {
    const Result<void> result = run_session(argv[1]);
    if (result) continue;
    std::fprintf(stderr, "kill_worker: %s\n", result.error().message.c_str());
    return 8;
  }
}

// bench_timing [--runs N] [--warmup N] [--remove FILE] -- COMMAND... [-- COMMAND...]... Runs the
// commands alternately (A B A B), so that a slow period of the machine affects all of them, and
// prints a line for each: median, minimum and maximum wall seconds, then the largest peak RSS in
// KiB. Measures whole processes, from spawn to wait. --remove deletes FILE before every run,
// untimed. If a command does not exit with 0, prints it and exits with 8. The peak RSS is at least
// this program's own, some 3 MiB, because a child starts with its memory.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Command {
  std::vector<char*> words;  // ends in nullptr
  std::vector<double> seconds;
  long peak_kib = 0;
};

struct Plan {
  unsigned runs = 5;
  unsigned warmup = 1;
  const char* remove = nullptr;
  std::vector<Command> commands;
};

struct Measured {
  double seconds = 0;
  long peak_kib = 0;
};

std::optional<unsigned> parse_count(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<Command> parse_commands(char** begin, char** end) {
  const auto is_separator = [](const char* word) { return std::strcmp(word, "--") == 0; };
  std::vector<Command> commands;
  while (begin != end) {
    char** const stop = std::find_if(++begin, end, is_separator);
    if (stop == begin) return {};
    Command command;
    command.words.assign(begin, stop);
    command.words.push_back(nullptr);
    commands.push_back(std::move(command));
    begin = stop;
  }
  return commands;
}

std::optional<Plan> parse(int argc, char** argv) {
  Plan plan;
  int at = 1;
  for (; at + 1 < argc && std::strcmp(argv[at], "--") != 0; at += 2) {
    const std::string_view name = argv[at];
    if (name == "--remove") {
      plan.remove = argv[at + 1];
      continue;
    }
    const auto count = parse_count(argv[at + 1]);
    if (!count) return std::nullopt;
    if (name == "--runs" && *count > 0)
      plan.runs = *count;
    else if (name == "--warmup")
      plan.warmup = *count;
    else
      return std::nullopt;
  }
  plan.commands = parse_commands(argv + at, argv + argc);
  if (plan.commands.empty()) return std::nullopt;
  return plan;
}

// One run, with its output discarded; nothing if it did not exit with 0.
std::optional<Measured> run(const Command& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

  pid_t child = -1;
  int status = 0;
  rusage usage{};
  const auto begin = std::chrono::steady_clock::now();
  const int error =
      posix_spawnp(&child, command.words[0], &actions, nullptr, command.words.data(), environ);
  const bool waited = error == 0 && wait4(child, &status, 0, &usage) == child;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  posix_spawn_file_actions_destroy(&actions);

  if (!waited || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return Measured{elapsed.count(), usage.ru_maxrss};
}

// Runs every command once; `keep` is false for a warm-up.
bool round(Plan& plan, bool keep) {
  for (Command& command : plan.commands) {
    if (plan.remove != nullptr) unlink(plan.remove);
    const auto measured = run(command);
    if (!measured) {
      std::fprintf(stderr, "bench_timing: failed:");
      for (const char* word : command.words)
        if (word != nullptr) std::fprintf(stderr, " %s", word);
      std::fprintf(stderr, "\n");
      return false;
    }
    if (!keep) continue;
    command.seconds.push_back(measured->seconds);
    command.peak_kib = std::max(command.peak_kib, measured->peak_kib);
  }
  return true;
}

void print(Command& command) {
  std::vector<double>& all = command.seconds;
  std::sort(all.begin(), all.end());
  const size_t middle = all.size() / 2;
  const double median = all.size() % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
  std::printf("%.6f %.6f %.6f %ld\n", median, all.front(), all.back(), command.peak_kib);
}

}  // namespace

int main(int argc, char** argv) {
  auto plan = parse(argc, argv);
  if (!plan) {
    std::fprintf(stderr,
                 "usage: bench_timing [--runs N] [--warmup N] [--remove FILE] -- COMMAND... "
                 "[-- COMMAND...]...\n");
    return 16;
  }
  for (unsigned i = 0; i < plan->warmup + plan->runs; ++i)
    if (!round(*plan, i >= plan->warmup)) return 8;
  for (Command& command : plan->commands) print(command);
  return 0;
}

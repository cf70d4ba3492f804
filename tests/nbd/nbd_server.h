// A server of nbdkit for the duration of a test.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace vde::test {

class NbdServer {
 public:
  // `arguments`: the filters, the plugin and their parameters.
  explicit NbdServer(std::vector<std::string> arguments) {
    const std::string ready = folder_ / "ready";
    std::vector<std::string> words = {"nbdkit",           "--foreground", "--unix",
                                      folder_ / "socket", "--pidfile",    ready};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (posix_spawnp(&server_, "nbdkit", nullptr, nullptr, argv.data(), environ) != 0) server_ = 0;
    for (int tries = 0; is_running() && !std::filesystem::exists(ready) && tries < 500; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!std::filesystem::exists(ready)) stop();
  }
  NbdServer(const NbdServer&) = delete;
  NbdServer& operator=(const NbdServer&) = delete;
  ~NbdServer() { stop(); }

  // False if nbdkit, or a filter of it, is not installed.
  [[nodiscard]] bool is_running() const {
    return server_ != 0 && waitpid(server_, nullptr, WNOHANG) == 0;
  }
  [[nodiscard]] std::string uri() const { return "nbd+unix:///?socket=" + (folder_ / "socket"); }

  void stop() {
    if (server_ == 0) return;
    kill(server_, SIGKILL);  // it would wait for its clients
    waitpid(server_, nullptr, 0);
    server_ = 0;
  }

 private:
  TemporaryFolder folder_;
  pid_t server_ = 0;
};

}  // namespace vde::test

#include <fcntl.h>
#include <unistd.h>

#include "app.h"

namespace {

// An image must not become standard output or error because that was closed. What stands in for it
// cannot be written, so that lost output is noticed all the same.
void occupy_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= 2) fd = open("/dev/null", O_RDONLY);
  if (fd > 2) close(fd);
}

}  // namespace

// Running out of memory ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  occupy_standard_descriptors();
  return vde::cli::run(argc, argv);
}

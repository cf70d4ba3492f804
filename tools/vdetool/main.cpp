#include <fcntl.h>
#include <unistd.h>

#include "app.h"

namespace {

// If a standard descriptor is closed, the next file to be opened gets its number, and output would
// be written into the image. /dev/null takes that number instead; it is opened for reading, so that
// lost output is still an error.
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

#include <fcntl.h>
#include <unistd.h>

#include "app.h"

namespace {

// If a standard descriptor is closed, the next file to be opened gets its number, and output would
// be written into the image. /dev/null takes that number instead. It is opened for the direction
// that is not used, so that lost output and missing input are still errors.
void occupy_standard_descriptors() {
  // The lowest free number is taken first.
  int fd = open("/dev/null", O_WRONLY);
  if (fd != STDIN_FILENO) close(fd);
  do {
    fd = open("/dev/null", O_RDONLY);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  close(fd);
}

}  // namespace

// An exception that run() does not catch ends the program in its terminate handler.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  occupy_standard_descriptors();
  return vde::cli::run(argc, argv);
}

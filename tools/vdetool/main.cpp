#include "app.h"

int main(int argc, char** argv) {
  return vde::cli::run(argc, argv);
}

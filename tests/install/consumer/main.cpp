// A program of another project: verifies the image it is given and says what came of it.
#include <vde/verify.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 16;
  const auto file = vde::open_file(argv[1], vde::OpenMode::kRead);
  if (!file) return 8;
  vde::Activity activity;
  const auto summary = vde::verify_image(**file, {}, activity, [](const vde::Finding&) {});
  if (!summary) return 8;
  std::cout << summary->errors << " errors\n";
}

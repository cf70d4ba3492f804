// examples/tag_and_snapshot.cpp: a program over the library. Tags an inode of the image it is given
// and records a snapshot, both in one commit, then reads the tag back.
//
//   find_package(vde REQUIRED)
//   target_link_libraries(tag_and_snapshot PRIVATE vde::vde)
#include <vde/image.h>

#include <chrono>
#include <iostream>

namespace {

// What can fail returns a Result; VDE_TRY and VDE_TRY_ASSIGN hand its error on to the caller.
vde::Result<void> tag_and_snapshot(const std::string& path) {
  // Locks the image, too, waiting up to five seconds for whoever uses it.
  VDE_TRY_ASSIGN(image, vde::Image::open(path, {.mode = vde::OpenMode::kReadWrite,
                                                .lock_wait = std::chrono::seconds(5)}));

  // Nothing of a change is in the image before commit(), and all of it after.
  VDE_TRY_ASSIGN(change, image.begin());
  VDE_TRY(change.tags().set({"category", "photo", 42}));
  VDE_TRY_ASSIGN(snapshot, change.snapshots().create({.label = "monday"}));
  VDE_TRY(change.commit());

  // A reader shows the image as its last commit left it.
  VDE_TRY_ASSIGN(tags, image.tags());
  VDE_TRY(tags.get("category", 42, [](const vde::TagView& tag) {
    std::cout << "inode " << tag.inode << ": " << tag.key << " = " << tag.value << '\n';
    return true;  // go on
  }));
  std::cout << "snapshot " << vde::to_string(snapshot.id) << ": " << snapshot.label << '\n';
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tag_and_snapshot IMAGE\n";
    return 16;
  }
  const auto done = tag_and_snapshot(argv[1]);
  if (done) return 0;
  std::cerr << argv[1] << ": " << done.error().message << '\n';
  return 8;
}

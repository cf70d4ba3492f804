// examples/tag_and_snapshot.cpp: uses the library to tag an inode of an image and create a snapshot
// record in one commit, then reads the tag back.
//
//   find_package(vde REQUIRED)
//   target_link_libraries(tag_and_snapshot PRIVATE vde::vde)
#include <vde/image.h>

#include <chrono>
#include <iostream>

namespace {

// Functions that can fail return a Result. VDE_TRY and VDE_TRY_ASSIGN return its error to the
// caller.
vde::Result<void> tag_and_snapshot(const std::string& path) {
  // Also locks the image, and waits up to five seconds if another process holds the lock.
  VDE_TRY_ASSIGN(image, vde::Image::open(path, {.mode = vde::OpenMode::kReadWrite,
                                                .lock_wait = std::chrono::seconds(5)}));

  // A change is atomic: the image shows nothing of it before commit(), and all of it afterwards.
  VDE_TRY_ASSIGN(change, image.begin());
  VDE_TRY(change.tags().set({"category", "photo", 42}));
  VDE_TRY_ASSIGN(snapshot, change.snapshots().create({.label = "monday"}));
  VDE_TRY(change.commit());

  // A reader shows the state of the last commit.
  VDE_TRY_ASSIGN(tags, image.tags());
  VDE_TRY(tags.get("category", 42, [](const vde::TagView& tag) {
    std::cout << "inode " << tag.inode << ": " << tag.key << " = " << tag.value << '\n';
    return true;  // continue
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

// Files with known problems, for tests of the program's messages.
#pragma once

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

namespace vde::test {

struct VerifyImages {
  VerifyImages() {
    write_file(clean, vector_image("profile-minimal"));
    EditedImage image(vector_image("profile-minimal"), 4096);
    image.block(0)[9] ^= 1;
    image.block(11)[9] ^= 1;
    write_file(damaged, image.bytes());
    EditedImage suspect(vector_image("profile-minimal"), 4096);
    suspect.put_superblock<uint32_t>(0x98, 0xFF);
    write_file(warned, suspect.bytes());
    write_file(text, std::string(5000, 'x'));
  }
  TemporaryFolder folder;
  std::string clean = folder / "clean";
  std::string damaged = folder / "a damaged:image%";  // one error in block 0, one in block 11
  std::string warned = folder / "warned";             // a label that is not UTF-8
  std::string text = folder / "text";                 // not an image
  std::string missing = folder / "missing";           // does not exist
};

}  // namespace vde::test

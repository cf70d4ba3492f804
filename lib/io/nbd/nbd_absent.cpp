// For a build without libnbd.
#include "vde/nbd/nbd.h"

namespace vde {

Result<std::unique_ptr<BlockFile>> open_nbd(const std::string&, OpenMode, const Activity&,
                                            Writers) {
  return fail(ErrorCode::kUnsupported, "this vdetool was built without libnbd",
              "use one that was built with it, or copy the image with nbdcopy");
}

}  // namespace vde

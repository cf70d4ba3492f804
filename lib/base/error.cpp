#include "vde/error.h"

namespace vde {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kUnchanged:
      return "unchanged";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kInUse:
      return "in_use";
    case ErrorCode::kChangeOpen:
      return "change_open";
    case ErrorCode::kChangedSince:
      return "changed_since";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kNotAnImage:
      return "not_an_image";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kDamaged:
      return "damaged";
    case ErrorCode::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

}  // namespace vde

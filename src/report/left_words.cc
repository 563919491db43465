// What letters and the office are told of a recording that was destroyed in part.

#include "report/recording_story.h"
#include "report/story_parts.h"

namespace expunge::report {

std::string part_text(const std::optional<certify::Left>& left) {
  if (!left) {
    return " Part of it, if not all, was overwritten or removed before its destruction was "
           "stopped; what is left is kept.";
  }
  switch (*left) {
    case certify::Left::nothing:
      return " " + std::string(kNothingLeft);
    case certify::Left::without_key:
      return " Part of it was overwritten or removed before its destruction was stopped: its key "
             "is overwritten, without which what is kept of it cannot be read.";
    case certify::Left::rest:
      break;
  }
  return " Part of it was overwritten or removed before its destruction was stopped; the rest is "
         "kept.";
}

std::string left_text(certify::Left left) {
  switch (left) {
    case certify::Left::nothing:
      return "nothing: every byte of it was overwritten, and not verified";
    case certify::Left::without_key:
      return "its key is overwritten, without which the rest cannot be read";
    case certify::Left::rest:
      break;
  }
  return "a part of it; another is overwritten or removed";
}

}  // namespace expunge::report

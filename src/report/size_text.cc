#include "report/size_text.h"

#include "base/text.h"

namespace expunge::report {

std::string size_text(const plan::Count& count) {
  if (count.without_size == 0) return base::human_bytes(count.bytes);
  // Nothing but empty files is known: that is as good as nothing.
  if (count.bytes == 0) return "size not known";
  return "at least " + base::human_bytes(count.bytes);
}

std::string counted_text(const plan::Count& count) {
  if (count.recordings == 0) return "0";
  return base::grouped(count.recordings) + " (" + size_text(count) + ")";
}

}  // namespace expunge::report

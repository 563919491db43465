#include "intake/reader.h"

#include "intake/formats.h"
#include "intake/row.h"

namespace expunge::intake {

void read_rows(std::istream& in, const ReadOptions& options, const OnRow& on_row,
               const OnBadRow& on_bad) {
  const policy::TimeZone* zone = options.local_time_zone ? &*options.local_time_zone : nullptr;
  archive::ImportRow row;
  const OnRawRow on_raw_row = [&](std::uint64_t line, const RawRow& raw) {
    if (auto cause = parse_row(raw, zone, row)) {
      on_bad({line, std::move(*cause)});
    } else {
      on_row(line, row);
    }
  };
  if (options.format == Format::csv) {
    read_csv(in, options, on_raw_row, on_bad);
  } else {
    read_json_lines(in, options, on_raw_row, on_bad);
  }
}

}  // namespace expunge::intake

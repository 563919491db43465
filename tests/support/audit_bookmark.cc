#include "support/audit_bookmark.h"

#include <string_view>

#include "audit/base64.h"
#include "base/error.h"

namespace expunge::test {

using namespace expunge::audit;

namespace {

constexpr auto kLate = "2026-02-02T02:00:00.000Z";

RunStart run_start(const std::string& run) {
  RunStart start;
  start.run = run;
  start.host = "rec1";
  start.user = "expunge";
  start.today = base::parse_date("2026-02-02").value();
  start.timezone = "Europe/London";
  start.policy = policy_digest({});
  start.plan = start.policy;
  return start;
}

RunEnd run_end(const std::string& run, std::uint64_t removed) {
  RunEnd end;
  end.run = run;
  end.outcome = "complete";
  end.destroyed = 2;
  end.held = 3;
  end.attention = 4;
  end.bytes = 5;
  end.removed = removed;
  return end;
}

/// The reading's result, or the failure's status and words.
struct Read {
  std::optional<LogState> state;
  int status = -1;
  std::string words;
};

Read read(const LogOnDisk& log, const std::optional<Position>& remembered, Reading reading) {
  try {
    return {read_log(base::real_sys(), log.place(), remembered, reading), -1, {}};
  } catch (const base::Failure& failure) {
    return {std::nullopt, static_cast<int>(failure.status()), failure.what()};
  }
}

}  // namespace

std::uint64_t append_destroys(LogWriter& writer, std::uint64_t from, std::uint64_t count) {
  std::vector<Draft> drafts;
  for (std::uint64_t i = from; i < from + count; ++i) drafts.push_back(destroy_draft(i));
  return writer.append(drafts, at(kLate));
}

std::vector<Draft> every_kind_of_fact() {
  using Kind = HoldChange::Kind;
  Destroyed removed;
  removed.type = Destroyed::Type::remove;
  removed.run = "r";
  removed.recording = "rec-9";
  removed.department = "Revenues";
  removed.recorded = removed.due = base::parse_date("2024-12-31").value();
  removed.period = "12 months";
  removed.files = {{"audio", 5, {}, "unlink", 0, false, "btrfs"}};
  removed.claim = "unlinked";
  return {to_draft(Policy{"Europe/London", {{"Revenues", "1 year"}}, "RS 3"}),
          to_draft(Policy{"Europe/London",
                          {{"Customer Services", "12 months"}, {"Zo\u00eb \"\\\x01", "90 days"}},
                          "RS 4"}),
          to_draft(HoldChange{Kind::place, "A-1", "sar", "u"}),
          to_draft(HoldChange{Kind::place, "A-2", "claim \"\\\n\u00eb", "u"}),
          to_draft(HoldChange{Kind::release, "A-1", "sar", "u"}),
          to_draft(run_start("20260102T020000Z-0001")),
          destroy_draft(1),
          to_draft(removed),
          to_draft(DestroyFailed{"20260102T020000Z-0001", "rec-10", "open-elsewhere"}),
          to_draft(DestroyFailed{"20260102T020000Z-0001", "rec-11", "size-differs"}),
          to_draft(run_end("20260102T020000Z-0001", 0)),
          to_draft(Correct{"rec-11", "file", "R-1", "u"}),
          to_draft(run_start("20260103T020000Z-0002")),
          to_draft(run_end("20260103T020000Z-0002", 7)),
          to_draft(RunBraked{"20260104T020000Z-0003", "rec1", "u", run_start("").today, "share",
                             "7.1%", "5%"}),
          to_draft(RunBraked{"20260104T020000Z-0003", "rec1", "u", run_start("").today, "clock",
                             "a \"\u00eb", "b"}),
          to_draft(Import{"csv", 1, 2, 3, 4})};
}

FurnishedLog::FurnishedLog() {
  auto own = writer(base::real_sys());
  own.append(every_kind_of_fact(), at(kLate));
  append_destroys(own, 10, 20);
}

std::string resigned(const std::string& text, const SigningKey& key) {
  auto lines = lines_of(text);
  lines.pop_back();
  const std::string body = joined(lines);
  return body + to_base64(key.sign(body)) + "\n";
}

Compared compare_readings(const LogOnDisk& log, const std::optional<Position>& remembered) {
  const Read quick = read(log, remembered, Reading::from_bookmark);
  const Read whole = read(log, remembered, Reading::whole);
  if (quick.state.has_value() != whole.state.has_value()) return Compared::different;
  if (!quick.state) {
    const bool same = quick.status == whole.status && quick.words == whole.words;
    return same ? Compared::both_refused : Compared::different;
  }
  const LogState& a = *quick.state;
  const LogState& b = *whole.state;
  if (a.facts != b.facts || a.position != b.position || a.checkpoint_size != b.checkpoint_size ||
      a.torn_bytes != b.torn_bytes || a.vkey != b.vkey) {
    return Compared::different;
  }
  return a.why_whole.empty() ? Compared::same_from_bookmark : Compared::same_read_whole;
}

std::string bookmark_of(const LogOnDisk& log) {
  return slurp(log.file("bookmark"));
}

bool goes_on(const LogOnDisk& log, const std::optional<Position>& remembered) {
  return compare_readings(log, remembered) == Compared::same_from_bookmark;
}

bool reads_whole(const LogOnDisk& log, const std::optional<Position>& remembered) {
  return compare_readings(log, remembered) == Compared::same_read_whole;
}

bool refused(const LogOnDisk& log, const std::optional<Position>& remembered) {
  return compare_readings(log, remembered) == Compared::both_refused;
}

int CountingSys::openat(int dirfd, const char* path, int flags, mode_t mode) {
  const int fd = Sys::openat(dirfd, path, flags, mode);
  if (fd >= 0 && std::string_view(path).ends_with("log.jsonl")) logs_.insert(fd);
  if (fd >= 0 && !std::string_view(path).ends_with("log.jsonl")) logs_.erase(fd);
  return fd;
}

ssize_t CountingSys::pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) {
  const ssize_t got = Sys::pread(fd, buffer, bytes, offset_bytes);
  if (got > 0 && logs_.contains(fd)) log_bytes_ += static_cast<std::uint64_t>(got);
  return got;
}

}  // namespace expunge::test

#include "intake/recorder.h"

#include "support/catch.h"
#include "support/intake_rows.h"

using namespace expunge;

namespace {

std::chrono::sys_seconds at(const std::string& text) {
  return *base::parse_instant(text);
}

intake::ReadOptions of(const char* recorder, const std::string& root) {
  intake::ReadOptions options;
  options.recorder = intake::find_recorder(recorder);
  options.format = intake::Format::csv;
  options.local_time_zone = policy::TimeZone::find("Europe/London");
  options.paths.root = root;
  options.now = at("2026-11-23T14:00:00Z");
  return options;
}

const std::string kCdr =
    "calldate,duration,src,dst,cnum,did,channel,dstchannel,uniqueid,linkedid,recordingfile\n";

test::Intake cdr(const std::string& rows) {
  return test::read_text(kCdr + rows, of("freepbx", "/var/spool/asterisk/monitor"));
}

const std::string kLog =
    "recording_id,start_epoch,end_epoch,length_in_sec,start_time,filename,location,user,"
    "vicidial_id,phone_number,campaign_id\n";

test::Intake recording_log(const std::string& rows, intake::ReadOptions options) {
  return test::read_text(kLog + rows, std::move(options));
}

test::Intake recording_log(const std::string& rows) {
  return recording_log(rows, of("vicidial", "/var/spool/asterisk/monitorDONE"));
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A row of FreePBX's cdr becomes a recording in the directory of its day") {
  const auto found =
      cdr("2025-11-23 17:04:05,65,01632960001,600,01632960001,+441462474000,PJSIP/trunk-0000001e,"
          "Local/101@from-queue-00000001;1,1763917445.12,1763917445.12,"
          "q-600-01632960001-20251123-170405-1763917445.12.wav\n");
  REQUIRE(found.rows.size() == 1);
  const archive::ImportRow& row = found.only();
  CHECK(row.id == "20251123-170405-1763917445.12");
  CHECK(found.date() == "2025-11-23T17:05:10Z");
  CHECK(row.file.path == "2025/11/23/q-600-01632960001-20251123-170405-1763917445.12.wav");
  CHECK(row.department == "+441462474000");
  CHECK(row.subject == "01632960001");
  CHECK(row.further_subjects == Texts{"01632960001", "600"});
  CHECK(row.agent == "101");
  CHECK(row.further_agents == Texts{"trunk"});
  CHECK(row.call_id == "1763917445.12");
}

TEST_CASE("The key of a FreePBX recording is of its file and holds no number of the name's front") {
  const auto found = cdr(
      "2025-11-23 17:04:05,1,1,2,,,,,u1,,external-101-01632960001-20251123-170405-u-1.2.wav\n"
      "2025-11-23 17:09:05,1,3,4,,,,,u2,,external-101-01632960001-20251123-170405-u-1.2.wav\n"
      "2025-11-23 17:04:05,1,1,2,,,,,u3,,auto-1763917445-101-01632960001.wav\n"
      "2025-11-23 17:04:05,1,1,2,,,,,u4,,/var/spool/asterisk/monitor//x/20251399-170405-z.wav\n");
  REQUIRE(found.rows.size() == 4);
  CHECK(found.rows[0].second.id == "20251123-170405-u-1.2");
  CHECK(found.rows[1].second.id == found.rows[0].second.id);
  CHECK(found.rows[2].second.id.substr(0, 5) == "file-");
  CHECK(found.rows[2].second.id.find("01632960001") == std::string::npos);
  // No date in the name: the day of the call. And a path is a path.
  CHECK(found.rows[2].second.file.path == "2025/11/23/auto-1763917445-101-01632960001.wav");
  CHECK(found.rows[3].second.file.path == "x/20251399-170405-z.wav");
  CHECK(found.rows[3].second.call_id == "u4");
}

TEST_CASE("Rows whose recording is gone or never was are counted and passed over") {
  std::istringstream in(kCdr +
                        "2025-11-23 17:04:05,1,1,2,,,,,u,,\n"
                        "2025-11-23 17:04:05,1,1,2,,,,,u,,deleted\n"
                        "0000-00-00 00:00:00,1,1,2,,,,,u,,NULL\n");
  std::uint64_t rows = 0;
  const auto count = [&](auto&&...) { ++rows; };
  const auto counts = intake::read_rows(in, of("freepbx", "/m"), count, count);
  CHECK(counts.without_file == 3);
  CHECK(rows == 0);
  for (const std::string gone : {"", "DELETED", "NOT_FOUND", "NULL"}) {
    const auto found = recording_log("7,1763917445,1763917500,55,,," + gone + ",u,v,p,c\n");
    CHECK(found.rows.empty());
    CHECK(found.bad.empty());
  }
}

TEST_CASE("The end of a call is its date and what is no date is none") {
  const auto date_of = [](const std::string& calldate, const std::string& duration) {
    return cdr(calldate + "," + duration + ",1,2,,,,,u,,a-20251123-170405-u.wav\n").date();
  };
  CHECK(date_of("2025-07-01 12:00:00", "60") == "2025-07-01T11:01:00Z");
  // This hour comes twice: the later one is meant.
  CHECK(date_of("2025-10-26 01:30:00", "0") == "2025-10-26T01:30:00Z");
  // This one never comes.
  CHECK(date_of("2025-03-30 01:30:00", "0") == "2025-03-30T01:00:00Z");
  for (const char* none :
       {"0000-00-00 00:00:00", "1970-01-01 00:00:00", "2027-01-01 00:00:00", ""}) {
    CHECK(date_of(none, "60") == "none");
  }
  CHECK(date_of("2025-07-01 12:00:00", "-5") == "2025-07-01T11:00:00Z");
  CHECK(date_of("2025-07-01 12:00:00", "99999999999") == "2025-07-01T11:00:00Z");
  CHECK_MENTIONS(date_of("yesterday", "1"), "recorded_at \"yesterday\" is no time");
}

TEST_CASE("A row of VICIdial's recording_log goes by its epochs and the path in its address") {
  const auto found = recording_log(
      "17,1763917445,1763917500,55,2025-11-23 17:04:05,20251123-170405_01632960001_u1,"
      "http://10.0.0.5/RECORDINGS/MP3/20251123-170405_01632960001-all.mp3,u1,1763917440.77,"
      "+44 1632 960001,CUSTSVC\n"
      "18,1763917445,NULL,55,,,https://10.0.0.5/RECORDINGS//MP3/./b.mp3,,,,\n"
      "19,0,,55,2025-07-01 12:00:00,,http://10.0.0.5/RECORDINGS/c.mp3,,,,\n"
      "20,0,0,0,0000-00-00 00:00:00,,http://10.0.0.5/RECORDINGS/d.mp3,,,,\n");
  REQUIRE(found.bad.empty());
  REQUIRE(found.rows.size() == 4);
  const archive::ImportRow& row = found.only();
  CHECK(row.id == "17");
  CHECK(base::to_text(*row.recorded_at) == "2025-11-23T17:05:00Z");
  CHECK(row.file.path == "MP3/20251123-170405_01632960001-all.mp3");
  CHECK(row.department == "CUSTSVC");
  CHECK(row.subject == "+44 1632 960001");
  CHECK(row.further_subjects == Texts{"01632960001"});
  CHECK(row.agent == "u1");
  CHECK(row.call_id == "1763917440.77");
  CHECK(base::to_text(*found.rows[1].second.recorded_at) == "2025-11-23T17:05:00Z");
  CHECK(found.rows[1].second.file.path == "MP3/b.mp3");
  CHECK(found.rows[1].second.department.empty());
  CHECK(base::to_text(*found.rows[2].second.recorded_at) == "2025-07-01T11:00:55Z");
  CHECK_FALSE(found.rows[3].second.recorded_at);
}

TEST_CASE("A path that is not beneath the root is bad until its prefix is named") {
  auto options = of("vicidial", "/rec");
  const std::string row = "17,1763917445,1763917500,,,,https://store.example/calls/a.mp3,,,,\n";
  CHECK_MENTIONS(recording_log(row, options).only_cause(), "--strip-prefix");
  options.paths.strip = {"https://other.example/", "https://store.example/calls"};
  options.paths.add = "old";
  const auto found = recording_log(row, options);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().file.path == "old/a.mp3");
  CHECK_MENTIONS(recording_log("1,1,1,,,,/rec/a.mp3,,,,\n", options).only_cause(),
                 "begins with nothing that --strip-prefix names");
  options.paths.strip = {"/re"};
  CHECK_MENTIONS(recording_log("1,1,1,,,,/rec/a.mp3,,,,\n", options).only_cause(),
                 "--strip-prefix");
}

TEST_CASE("The legs of a FusionPBX call have one call id") {
  const auto found = test::read_text(
      "xml_cdr_uuid,record_path,record_name,start_epoch,end_epoch,start_stamp,end_stamp,"
      "caller_id_number,caller_destination,destination_number,cc_queue,cc_agent,leg,bridge_uuid,"
      "cc_member_session_uuid\n"
      "aaaa,/rec/d/archive/2025/Nov/23/,aaaa.wav,1763917445,1763917500,,,01632960001,"
      "01462474000,600,600@d,,a,bbbb,\n"
      "bbbb,/rec/d/archive/2025/Nov/23,bbbb.wav,,,2025-11-23 17:04:05+00,"
      "2025-11-23 18:05:00.25+01,01632960001,,101,,101@d,b,aaaa,\n"
      "cccc,/rec/d,cccc.wav,1,1,,,x,,,,,a,,aaaa\n"
      "dddd,/rec/d,,1,1,,,x,,,,,a,,aaaa\n"
      "eeee,,e.wav,1,1,,,x,,,,,a,,aaaa\n",
      of("fusionpbx", "/rec"));
  REQUIRE(found.rows.size() == 3);
  CHECK(found.rows[0].second.file.path == "d/archive/2025/Nov/23/aaaa.wav");
  CHECK(found.rows[0].second.department == "600@d");
  CHECK(found.rows[0].second.further_subjects == Texts{"01462474000", "600"});
  for (const auto& [line, row] : found.rows) CHECK(row.call_id == "aaaa");
  CHECK(base::to_text(*found.rows[1].second.recorded_at) == "2025-11-23T17:05:00Z");
  CHECK(found.rows[1].second.agent == "101@d");
  CHECK_FALSE(found.rows[2].second.recorded_at);
  CHECK(found.only_cause() == "it has a record_name and no record_path");
}

TEST_CASE("A file outside the root is refused in words that fit what its recorder wrote") {
  const std::string head = "xml_cdr_uuid,record_path,record_name,start_epoch,end_epoch,leg\n";
  const auto path = test::read_text(head + "a,/elsewhere,a.wav,1,1,a\n", of("fusionpbx", "/rec"));
  CHECK(path.only_cause() ==
        "its file is not beneath the archive's root: say with --strip-prefix what stands before "
        "the path");
  const auto address =
      recording_log("1,1,1,1,,a,http://10.0.0.5/other/a.wav,u,1.1,01632960001,C\n");
  CHECK(address.only_cause() ==
        "its file's address has no /RECORDINGS/ in it: say with --strip-prefix what stands before "
        "the path");
}

TEST_CASE("A row of Wazo's recordings is found by either number and the staff's extensions") {
  const auto found = test::read_text(
      "uuid,start_time,end_time,path,call_log_id,conversation_id,source_exten,requested_exten,"
      "destination_exten,source_internal_exten,destination_internal_exten\n"
      "u-1,2025-11-23 17:04:05+00,2025-11-23 17:05:00+00,"
      "/var/lib/wazo/sounds/tenants/t/monitor/u-1.wav,9,1763917445.1,01632960001,600,101,,101\n"
      "u-2,2025-11-23 "
      "17:04:05+00,infinity,/var/lib/wazo/sounds/tenants/t/monitor/u-2.wav,10,,,,,,\n"
      "u-3,2025-11-23 17:04:05+00,2025-11-23 17:05:00+00,,11,,,,,,\n",
      of("wazo", "/var/lib/wazo/sounds"));
  REQUIRE(found.rows.size() == 2);
  CHECK(found.only().file.path == "tenants/t/monitor/u-1.wav");
  CHECK(found.only().department == "600");
  CHECK(found.only().agent == "101");
  CHECK(found.only().call_id == "1763917445.1");
  CHECK(found.rows[1].second.call_id == "10");
  CHECK(base::to_text(*found.rows[1].second.recorded_at) == "2025-11-23T17:04:05Z");
}

TEST_CASE("An export that lacks a recorder's column says where its command stands") {
  const auto found = test::read_text("calldate,uniqueid\n", of("freepbx", "/m"));
  CHECK_MENTIONS(found.failure,
                 "calls: there is no column recordingfile, which --preset freepbx reads; "
                 "expunge-import(5) has the whole export; the columns are calldate, uniqueid");
  auto options = of("freepbx", "/m");
  options.department_column = "queue";
  CHECK_MENTIONS(test::read_text(kCdr, options).failure,
                 "there is no column queue, which --department-column queue names");
}

TEST_CASE("A recorder's export without its preset is told which one to give") {
  intake::ReadOptions options = of("freepbx", "/m");
  options.recorder = nullptr;
  CHECK_MENTIONS(test::read_text(kCdr, options).failure,
                 ": those of freepbx, for which give --preset freepbx");
  CHECK_MENTIONS(test::read_text("name,when\n", options).failure,
                 "if one of them is meant, give --column id=NAME");
}

TEST_CASE("What is bad in a recorder's row names no number") {
  const std::string number(300, '7');
  const auto found = cdr("2025-11-23 17:04:05,1," + number + ",2,,,,,u,,a-20251123-170405-u.wav\n" +
                         "2025-11-23 17:04:05,1,\"0163\t2\n960001\",2,,,,,u,,b.wav\n");
  CHECK(found.only_cause() == "the subject is longer than 256 bytes");
  REQUIRE(found.rows.size() == 1);
  CHECK(found.only().subject == "01632960001");
}

TEST_CASE("The first line of a department map that fits counts") {
  std::istringstream in(
      "\xef\xbb\xbf# queues\r\n\r\n600 = Customer Services\r\n6?? = Revenues = Benefits\n"
      "1* = -\n  [ab]\\* =X\n");
  const auto map = intake::DepartmentMap::read(in, "map");
  CHECK(map.find("600") == "Customer Services");
  CHECK(map.find("601") == "Revenues = Benefits");
  CHECK(map.find("101") == "");
  CHECK(map.find("a*") == "X");
  CHECK_FALSE(map.find("ab"));
  CHECK_FALSE(map.find(""));
  CHECK_FALSE(map.find("6000"));
  CHECK_FALSE(map.find(std::string("600\0", 4)));
}

TEST_CASE("A line of a department map that is none is refused by its number") {
  const auto refused = [](const std::string& text) {
    std::istringstream in(text);
    try {
      (void)intake::DepartmentMap::read(in, "map.txt");
    } catch (const base::Failure& failure) {
      CHECK(failure.status() == base::ExitStatus::usage);
      return std::string(failure.what());
    }
    return std::string();
  };
  CHECK_MENTIONS(refused("600 = A\n601\n"), "map.txt: line 2: is not PATTERN = Department");
  CHECK_MENTIONS(refused(" = A\n"), "line 1: nothing stands before");
  CHECK_MENTIONS(refused("6 =\n"), "line 1: nothing stands behind");
  CHECK_MENTIONS(refused("6 = a\x01\n"), "line 1: the department");
  CHECK_MENTIONS(refused("# nothing\n"), "maps nothing to a department");
}

TEST_CASE("A department comes from another column or from the directory when one asks for it") {
  auto options = of("freepbx", "/m");
  std::istringstream in("2025/11/* = November\n6?? = Queue\n");
  options.department_map = intake::DepartmentMap::read(in, "map");
  const std::string row = kCdr + "2025-11-23 17:04:05,1,1,600,,d,,,u,,a-20251123-170405-u.wav\n";
  CHECK(test::read_text(row, options).only().department == "d");
  options.department_column = "dst";
  CHECK(test::read_text(row, options).only().department == "Queue");
  CHECK(test::read_text(row, options).only().unmapped_department == "600");
  options.department_column = "directory";
  CHECK(test::read_text(row, options).only().department == "November");
  // And with our own columns.
  intake::ReadOptions plain;
  plain.department_map = options.department_map;
  const std::string own = "id,queue,recorded_at,path,department\nr,601,,a,-\n";
  CHECK(test::read_text(own, plain).only().department == "-");
  plain.department_column = "queue";
  CHECK(test::read_text(own, plain).only().department == "Queue");
}

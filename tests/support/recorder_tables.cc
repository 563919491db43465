#include "support/recorder_tables.h"

namespace expunge::test {

// Rows 1 and 2 share a file, and the second ends on the next day. Row 3 is of the hour that comes
// twice, and row 4 has its uniqueid. Row 5 has no date, row 6 a path and a number of nobody's.
const char* const kFreepbxTables = R"sql(
CREATE TABLE cdr (
  calldate datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  clid varchar(80) NOT NULL DEFAULT '',
  src varchar(80) NOT NULL DEFAULT '',
  dst varchar(80) NOT NULL DEFAULT '',
  dcontext varchar(80) NOT NULL DEFAULT '',
  channel varchar(80) NOT NULL DEFAULT '',
  dstchannel varchar(80) NOT NULL DEFAULT '',
  lastapp varchar(80) NOT NULL DEFAULT '',
  lastdata varchar(80) NOT NULL DEFAULT '',
  duration int(11) NOT NULL DEFAULT 0,
  billsec int(11) NOT NULL DEFAULT 0,
  disposition varchar(45) NOT NULL DEFAULT '',
  amaflags int(11) NOT NULL DEFAULT 0,
  accountcode varchar(20) NOT NULL DEFAULT '',
  uniqueid varchar(32) NOT NULL DEFAULT '',
  userfield varchar(255) NOT NULL DEFAULT '',
  did varchar(50) NOT NULL DEFAULT '',
  recordingfile varchar(255) NOT NULL DEFAULT '',
  cnum varchar(80) NOT NULL DEFAULT '',
  cnam varchar(80) NOT NULL DEFAULT '',
  outbound_cnum varchar(80) NOT NULL DEFAULT '',
  outbound_cnam varchar(80) NOT NULL DEFAULT '',
  dst_cnam varchar(80) NOT NULL DEFAULT '',
  linkedid varchar(32) DEFAULT '',
  peeraccount varchar(80) DEFAULT '',
  sequence int(11) DEFAULT NULL,
  KEY calldate (calldate), KEY dst (dst), KEY accountcode (accountcode), KEY uniqueid (uniqueid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
INSERT INTO cdr(calldate, duration, src, dst, cnum, did, accountcode, channel, dstchannel, uniqueid,
                linkedid, recordingfile) VALUES
('2025-03-14 23:58:00', 30, '01632960001', '600', '01632960001', '+441462474000', '',
 'PJSIP/trunk-00000001', '', '1741996680.10', '1741996680.10',
 'q-600-01632960001-20250314-235800-1741996680.10.wav'),
('2025-03-14 23:59:30', 90, '01632960002', '101', '"Zoë" <01632960002>', '', '',
 'Local/101@from-queue-00000002;2', 'PJSIP/101-00000003', '1741996770.11', '1741996680.10',
 'q-600-01632960001-20250314-235800-1741996680.10.wav'),
('2025-10-26 01:30:00', 0, '101', '01632960003', '', '+441462474001', 'x',
 'PJSIP/101-00000004', 'PJSIP/trunk-00000005', '1761442200.3', '1761442200.3',
 'out-01632960003-101-20251026-013000-1761442200.3.wav'),
('2025-10-26 01:30:05', 20, '101', '01632960004', '', '+441462474001', 'x',
 'PJSIP/101-00000004', 'PJSIP/trunk-00000005', '1761442200.3', '1761442200.3',
 'out-01632960004-101-20251026-013005-1761442200.3.wav'),
(DEFAULT, 5, 'anon"y''mous\\', 'ZoÃ«	tab', 'Zoë', '+441462474001', 'a\tb\nc\\d"e''f,',
 'SIP/102-0000', '', '1748779200.9', NULL, 'external-102-anon-20250601-120000-1748779200.9.wav'),
('2025-07-01 12:00:00', 61, 'NULL', 's', '', '+449999', '\\N', '', '', '1751367600.1', NULL,
 '/var/spool/asterisk/monitor/2025/07/01/one touch, "é".wav'),
('2025-07-01 12:00:00', 61, '01632960001', '600', '', '', '', '', '', '1751367600.2', '', ''),
('2025-07-01 12:00:00', 61, '01632960001', '600', '', '', '', '', '', '1751367600.3', '',
 'deleted'),
(DEFAULT, 0, '', '', '', '', '', '', '', '', '', '');
)sql";

// Rows 1 and 2 share an address, and lead; the first is archived. Rows 3 to 6 have no file.
const char* const kVicidialTables = R"sql(
CREATE TABLE recording_log (
  recording_id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  channel VARCHAR(100), server_ip VARCHAR(15), extension VARCHAR(100),
  start_time DATETIME, start_epoch INT(10) UNSIGNED,
  end_time DATETIME, end_epoch INT(10) UNSIGNED,
  length_in_sec MEDIUMINT(8) UNSIGNED, length_in_min DOUBLE(8,2),
  filename VARCHAR(100), location VARCHAR(255),
  lead_id INT(9) UNSIGNED, user VARCHAR(20), vicidial_id VARCHAR(20),
  index(filename), index(lead_id), index(user), index(vicidial_id)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
CREATE TABLE recording_log_archive LIKE recording_log;
ALTER TABLE recording_log_archive MODIFY recording_id INT(10) UNSIGNED NOT NULL;
CREATE TABLE vicidial_list (
  lead_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  user VARCHAR(20), list_id BIGINT(14) UNSIGNED NOT NULL DEFAULT 0, phone_code VARCHAR(10),
  phone_number VARCHAR(18) NOT NULL, index (phone_number)
) ENGINE=MyISAM;
CREATE TABLE vicidial_closer_log (
  closecallid INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  lead_id INT(9) UNSIGNED NOT NULL, campaign_id VARCHAR(20), uniqueid VARCHAR(20) NOT NULL DEFAULT '',
  index (lead_id), index (campaign_id), index (uniqueid)
) ENGINE=MyISAM;
CREATE TABLE vicidial_log (
  uniqueid VARCHAR(20) PRIMARY KEY NOT NULL,
  lead_id INT(9) UNSIGNED NOT NULL, campaign_id VARCHAR(8), index (lead_id)
) ENGINE=MyISAM;
INSERT INTO vicidial_list(lead_id, phone_number) VALUES (5, '01632960001'), (6, '01632960002');
INSERT INTO vicidial_closer_log VALUES (77, 5, 'CUSTSVC', '1741996680.70');
INSERT INTO vicidial_log VALUES ('1741996900.77', 6, 'REVENUES');
INSERT INTO recording_log_archive(recording_id, start_time, start_epoch, end_epoch, length_in_sec,
    filename, location, lead_id, user, vicidial_id) VALUES
  (1, '2025-03-14 23:58:00', 1741996680, 1741996770, 90, '20250314-235800_01632960001',
   'http://10.0.0.5/RECORDINGS/MP3/20250314-235800_01632960001-all.mp3', 5, 'u101', '77');
INSERT INTO recording_log(recording_id, start_time, start_epoch, end_epoch, length_in_sec, filename,
    location, lead_id, user, vicidial_id) VALUES
  (2, '2025-03-14 23:59:40', 1741996780, NULL, 200, '20250314-235800_01632960001',
   'https://10.0.0.5/RECORDINGS/MP3/20250314-235800_01632960001-all.mp3', 6, 'u102', '77'),
  (3, '2025-03-14 23:59:40', 1741996780, NULL, NULL, 'x', NULL, 6, 'u102', '77'),
  (4, '2025-03-14 23:59:40', 1741996780, 1741996790, 10, 'x', 'DELETED', 6, 'u102', '77'),
  (5, '2025-03-14 23:59:40', 1741996780, 1741996790, 10, 'x', 'NOT_FOUND', 6, 'u102', '77'),
  (6, '2025-03-14 23:59:40', 1741996780, 1741996790, 10, 'x', '', 6, 'u102', '77'),
  (7, '0000-00-00 00:00:00', 0, 0, 0, 'Zoë\tand\nthe\\ "rest"',
   'https://10.0.0.5/RECORDINGS/odd name.wav', NULL, NULL, ''),
  (8, '2025-03-15 00:01:40', 1741996900, 1741997000, 100, '20250315-000140_01632960003_u102',
   'http://10.0.0.5/RECORDINGS/20250315-000140_01632960003_u102-all.wav', 6, 'u102',
   '1741996900.77');
)sql";

// The first two are the legs of one call, with one file. The fourth has no date, the fifth no file.
const char* const kFusionpbxTables = R"sql(
CREATE TABLE v_xml_cdr (
  xml_cdr_uuid uuid PRIMARY KEY, domain_uuid uuid, extension_uuid uuid, domain_name text,
  accountcode text, direction text, caller_id_name text, caller_id_number text,
  caller_destination text, source_number text, destination_number text, start_epoch numeric,
  start_stamp timestamptz, answer_stamp timestamptz, answer_epoch numeric, end_epoch numeric,
  end_stamp timestamptz, duration numeric, billsec numeric, bridge_uuid text, record_path text,
  record_name text, leg char(1), originating_leg_uuid uuid, cc_side text, cc_member_uuid uuid,
  cc_queue text, cc_member_session_uuid uuid, cc_agent_uuid uuid, cc_agent text,
  digits_dialed text, hangup_cause text, json jsonb
);
INSERT INTO v_xml_cdr(xml_cdr_uuid, start_epoch, end_epoch, duration, start_stamp, end_stamp,
    caller_id_number, caller_destination, destination_number, cc_queue, cc_agent, leg, bridge_uuid,
    cc_member_session_uuid, record_path, record_name) VALUES
('aaaaaaaa-0000-4000-8000-000000000001', 1741996680, 1741996770, 90, NULL, NULL, '01632960001',
 '01462474000', '600', '600@council', NULL, 'a', 'aaaaaaaa-0000-4000-8000-000000000002', NULL,
 '/var/lib/freeswitch/recordings/council/archive/2025/Mar/14',
 'aaaaaaaa-0000-4000-8000-000000000001.wav'),
('aaaaaaaa-0000-4000-8000-000000000002', 1741996700, 1741996900, 200, NULL, NULL, '01632960002',
 NULL, '101', NULL, E'Zoë "Z" O''Neil,\nagent', 'a', NULL,
 'aaaaaaaa-0000-4000-8000-000000000001',
 '/var/lib/freeswitch/recordings/council/archive/2025/Mar/14/',
 'aaaaaaaa-0000-4000-8000-000000000001.wav'),
('aaaaaaaa-0000-4000-8000-000000000003', NULL, NULL, NULL, '2025-10-26 01:30:00+01',
 '2025-10-26 01:30:00.5+00', E'"0163\t2 960003"', '', E'6\\01', '601@council', '', 'a', '', NULL,
 '/var/lib/freeswitch/recordings/council/archive/2025/Oct/26', 'call, "three".wav'),
('aaaaaaaa-0000-4000-8000-000000000004', 0, 0, 0, NULL, NULL, 'anonymous', NULL, '601',
 '601@council', NULL, 'a', NULL, NULL, '/var/lib/freeswitch/recordings/council', 'four.wav'),
('aaaaaaaa-0000-4000-8000-000000000005', 1741996680, 1741996770, 90, NULL, NULL, '01632960001',
 NULL, '600', '600@council', NULL, 'a', NULL, NULL, NULL, NULL);
)sql";

// Two recordings of one call, one of another without anything known of it, and one whose file is
// gone.
const char* const kWazoTables = R"sql(
CREATE TABLE call_logd_call_log (
  id integer PRIMARY KEY, date timestamp with time zone NOT NULL,
  date_answer timestamp with time zone, date_end timestamp with time zone, tenant_uuid uuid NOT NULL,
  source_name varchar(255), source_exten varchar(255), source_internal_exten text,
  source_line_identity varchar(255), requested_name text, requested_exten varchar(255),
  destination_name varchar(255), destination_exten varchar(255), destination_internal_exten text,
  direction varchar(255) CHECK (direction IN ('inbound', 'internal', 'outbound')),
  user_field varchar(255), conversation_id varchar(255)
);
CREATE TABLE call_logd_recording (
  uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), start_time timestamp with time zone NOT NULL,
  end_time timestamp with time zone NOT NULL, path text, call_log_id integer NOT NULL
);
INSERT INTO call_logd_call_log(id, date, tenant_uuid, source_name, source_exten, requested_exten,
    destination_exten, destination_internal_exten, direction, conversation_id) VALUES
(1, '2025-03-14 23:58:00+00', 'bbbbbbbb-0000-4000-8000-000000000001', E'Zoë\n"Z", caller',
 '01632960001', '600', '101', '101', 'inbound', '1741996680.10'),
(2, '2025-10-26 01:30:00+01', 'bbbbbbbb-0000-4000-8000-000000000001', NULL, NULL, NULL, NULL, NULL,
 NULL, NULL);
INSERT INTO call_logd_recording(uuid, start_time, end_time, path, call_log_id) VALUES
('cccccccc-0000-4000-8000-000000000001', '2025-03-14 23:58:00+00', '2025-03-15 00:01:00.25+00',
 '/var/lib/wazo/sounds/tenants/b/monitor/1.wav', 1),
('cccccccc-0000-4000-8000-000000000002', '2025-03-15 00:01:00+00', '2025-03-15 00:02:00+00',
 '/var/lib/wazo/sounds/tenants/b/monitor/2.wav', 1),
('cccccccc-0000-4000-8000-000000000003', '2025-10-26 01:30:00+01', '2025-10-26 01:30:00+00',
 '/var/lib/wazo/sounds/tenants/b/monitor/3.wav', 2),
('cccccccc-0000-4000-8000-000000000004', '2025-03-14 23:58:00+00', '2025-03-14 23:59:00+00', NULL,
 1);
)sql";

}  // namespace expunge::test

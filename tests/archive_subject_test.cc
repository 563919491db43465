#include "archive/types.h"
#include "support/catch.h"

using namespace expunge::archive;

TEST_CASE("A subject has one key however its number was typed") {
  for (const char* written : {"01614960123",
                              "0161 496 0123",
                              "(0161) 496-0123",
                              "+44 161 496 0123",
                              "+44 (0)161 496 0123",
                              "0044 161 496 0123",
                              "0044 (0) 161 496 0123",
                              "44(0)1614960123",
                              "441614960123",
                              "4401614960123",
                              "\u202a+44\u00a0161\u00a0496\u20110123\u202c",
                              "tel. 0161.496.0123",
                              "Tel: 0161 496 0123",
                              "tel01614960123",
                              "tel:+441614960123",
                              "tel:+44-161-496-0123;phone-context=example.com",
                              "TEL:0161496-0123;ext=12",
                              "sip:01614960123@pbx.example.com",
                              "sips:+441614960123@pbx.example.com;user=phone",
                              "sip:01614960123:5060@10.0.0.1",
                              "sip:0161-496-0123",
                              "01614960123@pbx.example.com",
                              "\"A. Caller\" <01614960123>",
                              "A. Caller <sip:+441614960123@pbx.example.com>",
                              "<tel:+441614960123>",
                              "0161 496 0123 ext. 12",
                              "0161 496 0123 x12",
                              "+44 161 496 0123 extension 4",
                              "0161 496 0123 #7",
                              " 0161\t496 0123"}) {
    INFO(written);
    CHECK(subject_key(written) == "01614960123");
    CHECK(renewed_key(subject_key(written)) == "01614960123");
  }
  CHECK(subject_key("") == "");
  CHECK(subject_key(" - ") == "");
  CHECK(subject_key("CR-4412/Ab") == "cr4412ab");
  CHECK(subject_key("4412") == "4412");
  CHECK(subject_key("+44") == "44");
  CHECK(subject_key("00123") == "00123");
  CHECK(subject_key("0033 1 45 67 89 01") == subject_key("+33 1 45 67 89 01"));
  CHECK(subject_key("caf\u00e9") == "caf\u00e9");
  // What only looks like a number in other clothes.
  CHECK(subject_key("1234567x12") == "1234567x12");
  CHECK(subject_key("tel") == "tel");
  CHECK(subject_key("Telford") == "telford");
  CHECK(subject_key("sip:") == "sip");
  CHECK(subject_key("<>") == "");
  CHECK(subject_key("Bob <x>") == "bobx");
  // An extension inside the house is somebody's, and so is a name.
  CHECK(subject_key("sip:2012@pbx.example.com") == "2012");
  CHECK(subject_key("\"Front Desk\" <2012>") == "2012");
  CHECK(subject_key("sip:alice@pbx.example.com;transport=udp") == "alicepbxexamplecom");
  CHECK(subject_key("Alice Smith") == subject_key("alice-smith"));
}

TEST_CASE("The key of a key is that key and an older key becomes the one of today") {
  for (const char* written : {"",
                              "0",
                              "+",
                              "00",
                              "+44",
                              "0044",
                              "+33 1 45 67 89 01",
                              "CR-4412/Ab",
                              "tel:x",
                              "sip:@",
                              "tel: 123",
                              "tel 12345678",
                              "sip:alice@host",
                              "caf\u00e9",
                              "0161 x",
                              "x12",
                              "#12",
                              "<",
                              ">",
                              "a<b>c",
                              "0161 496 0123 ext 1234567",
                              "44(0)",
                              "telephone",
                              "Tel",
                              "\u00a0"}) {
    INFO(written);
    CHECK(subject_key(subject_key(written)) == subject_key(written));
    CHECK(renewed_key(subject_key(written)) == subject_key(written));
  }
  // As versions before 4 wrote `tel:+44…`, `sip:…@pbx.example.com` and `… ext 12`.
  CHECK(renewed_key("tel441614960123") == "01614960123");
  CHECK(renewed_key("sip01614960123pbxexamplecom") == "01614960123");
  CHECK(renewed_key("sips441614960123pbxexamplecom") == "01614960123");
  CHECK(renewed_key("01614960123ext12") == "01614960123");
  CHECK(renewed_key("sipalicepbx") == "sipalicepbx");
}

TEST_CASE("An id that holds its subject's number is recognised") {
  const std::string key = subject_key("+44 161 496 0123");
  CHECK(contains_subject("2025-11-23-01614960123", key));
  CHECK(contains_subject("call_441614960123_1", key));
  CHECK(contains_subject("0161 496-0123", key));
  CHECK(contains_subject("x1614960123", key));
  CHECK_FALSE(contains_subject("2025-11-23-0161496012", key));
  CHECK_FALSE(contains_subject("anything", ""));
  CHECK_FALSE(contains_subject("00000", "00000"));
  CHECK_FALSE(contains_subject("r-1234", "1234"));
  CHECK(contains_subject("r-1234-5", "12345"));
  CHECK(contains_subject("CALL-CR4412AB", subject_key("cr-4412/ab")));
}

#include "archive/types.h"
#include "support/catch.h"

using namespace expunge::archive;

TEST_CASE("A subject has one key however its number was typed") {
  for (const char* written :
       {"01614960123", "0161 496 0123", "(0161) 496-0123", "+44 161 496 0123",
        "+44 (0)161 496 0123", "0044 161 496 0123", "0044 (0) 161 496 0123", "44(0)1614960123",
        "441614960123", "4401614960123", "\u202a+44\u00a0161\u00a0496\u20110123\u202c",
        "tel. 0161.496.0123"}) {
    INFO(written);
    if (std::string(written).starts_with("tel")) {
      CHECK(subject_key(written) == "tel01614960123");
    } else {
      CHECK(subject_key(written) == "01614960123");
    }
  }
  CHECK(subject_key("") == "");
  CHECK(subject_key(" - ") == "");
  CHECK(subject_key("CR-4412/Ab") == "cr4412ab");
  CHECK(subject_key("4412") == "4412");
  CHECK(subject_key("+44") == "44");
  CHECK(subject_key("00123") == "00123");
  CHECK(subject_key("0033 1 45 67 89 01") == subject_key("+33 1 45 67 89 01"));
  CHECK(subject_key("caf\u00e9") == "caf\u00e9");
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

#pragma once

#include "support/office.h"

// An office with recordings to import.
namespace expunge::test {

inline const std::string kAudio(20000, 'A');

/// Two due recordings of one caller, one kept, and one of a department nobody knows.
[[nodiscard]] inline std::string furnish(const Office& office) {
  office.write("a.wav", kAudio + "1");
  office.write("b.wav", kAudio + "2");
  office.write("c.wav", kAudio + "3");
  office.write("d.wav", kAudio + "4");
  std::string csv = "id,department,recorded_at,path,subject\n";
  csv += "old-1,Customer Services," + Office::days_ago(400) + ",a.wav,01632 960001\n";
  csv += "old-2,Customer Services," + Office::days_ago(399) + ",b.wav,01632 960002\n";
  csv += "new-1,Revenues and Benefits," + Office::days_ago(1) + ",c.wav,01632 960001\n";
  csv += "odd-1,Housing," + Office::days_ago(500) + ",d.wav,\n";
  return csv;
}

}  // namespace expunge::test

#!/bin/sh
# mandoc's own checks of the manual pages, and a search for words that it takes for macros: `.It In
# order` calls the macro In, `.Dq No holds.` the macro No, and neither prints what was meant.
# usage: man.sh SOURCE-DIRECTORY
set -eu
cd "$1"
awk '
  /^\.[A-Z][a-z] / {
    line = $0
    gsub(/"[^"]*"/, "quoted", line)
    count = split(line, words, " ")
    in_quotes = 0
    for (i = 1; i <= count; i++) {
      word = words[i]
      # Macros that these pages have no use for inside a line.
      is_word = i > 1 && word ~ /^(Ad|An|At|Bx|Do|Em|En|Es|Fr|Hf|In|It|Ms|So|Ux)$/
      # No ends the reach of a macro: the first word of a line, and the end of a quotation, which
      # reaches to the end of its line, are no place for it.
      is_no = word == "No" && (i == 2 || in_quotes)
      if (is_word || is_no) {
        printf "%s:%d: %s is a macro there: quote it, or break the line\n", FILENAME, FNR, word
        failed = 1
      }
      if (word ~ /^\.?(Dq|Sq|Ql|Qq)$/) in_quotes = 1
    }
  }
  END { exit failed }
' man/*.[0-9]
command -v mandoc >/dev/null || { echo "skipped: no mandoc"; exit 0; }
mandoc -T lint -W warning man/*.[0-9]

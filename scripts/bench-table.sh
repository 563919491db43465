# shellcheck shell=bash
# Sourced by scripts/bench: what was found, for people and for programs.
#   $work/results  workload, tool, round, files done, files in all, bytes of one, microseconds
#   $work/phases   workload, round, phase, seconds
#   $work/extent   workload, round, peak memory in KiB, most descriptors
# shellcheck disable=SC2154  # work is the caller's

# One line of results for each workload and tool: that of the median round.
medians() {
  awk -v OFS='\t' '{ print $0, $4 / $7 }' "$work/results" | sort -t $'\t' -k 1,1 -k 2,2 -k 8,8g |
    awk -F '\t' '
      function middle() { if (n > 0) print line[int((n + 1) / 2)] }
      { key = $1 FS $2 }
      key != last { middle(); n = 0; last = key }
      { line[++n] = $0 }
      END { middle() }'
}

# The goal of DESIGN for workload $1 against tool $2.
goal() {
  case $1-$2 in
    256k-shred1) echo '30 x' ;;
    4m-shred1) echo '4 x' ;;
    16k-shred1) echo '100 x' ;;
    *-pshred) echo 'over 1 x' ;;
  esac
}

# print_table WORKLOAD TITLE: files and megabytes a second, and how many times as fast expunge is.
print_table() {
  local ours tool gone total size time note name
  ours=$(medians | awk -F '\t' -v w="$1" '$1 == w && $2 == "expunge" { print $8 }')
  printf '\n%-36s %9s %8s %10s  %s\n' "$2" files/s MB/s 'expunge is' goal
  for tool in "${tools[@]}"; do
    IFS=$'\t' read -r gone total size time < <(medians |
      awk -F '\t' -v OFS='\t' -v w="$1" -v t="$tool" '$1 == w && $2 == t { print $4, $5, $6, $7 }') ||
      continue
    note=
    [ "$gone" -eq "$total" ] || note="  (the $gone files of $((time / 1000000)) s)"
    name=$(describe_tool "$tool")
    awk -v name="$name" -v n="$gone" -v size="$size" -v t="$time" -v ours="$ours" \
      -v tool="$tool" -v goal="$(goal "$1" "$tool")" -v note="$note" 'BEGIN {
        ratio = ""
        if (ours != "" && tool !~ /^(expunge|rm)$/) ratio = sprintf("%.*f x", ours * t / n < 10 ? 2 : 1,
                                                             ours * t / n)
        line = sprintf("  %-34s %9.0f %8.1f %10s  %s%s", name, n * 1e6 / t, n * size / t, ratio,
                       goal, note)
        sub(/ +$/, "", line)
        print line
      }'
  done
}

# print_phases WORKLOAD: where the time of expunge's median run went.
print_phases() {
  local round
  round=$(medians | awk -F '\t' -v w="$1" '$1 == w && $2 == "expunge" { print $3 }')
  [ -n "$round" ] || return 0
  awk -F '\t' -v w="$1" -v r="$round" '
    FILENAME ~ /extent$/ {
      if ($1 == w && $3 > peak) peak = $3
      if ($1 == w && $4 > most) most = $4
      next
    }
    $1 == w && $2 == r { name[++n] = $3; time[$3] = $4 }
    END {
      printf "  in expunge:"
      for (i = 1; i <= n; i++) {
        part = name[i]
        if (part == "total") continue
        if (part == "fingerprint") {
          printf " (fingerprint %.3f worker s),", time[part]
          continue
        }
        printf " %s %.3f s %.0f%%%s", part, time[part], 100 * time[part] / time["total"],
               name[i + 1] == "fingerprint" ? "" : ","
      }
      printf " total %.3f s\n", time["total"]
      printf "  peak memory %.1f MiB, at most %d descriptors\n", peak / 1024, most
    }' "$work/extent" "$work/phases" | fold -s -w 100 | sed 's/ *$//; 2,$s/^\([^ ]\)/    \1/'
}

# The median rounds as one JSON object, for comparing later.
print_json() {
  medians | awk -F '\t' '
    BEGIN { printf "{\"format\":\"expunge-bench/1\",\"results\":[" }
    {
      printf "%s\n{\"workload\":\"%s\",\"tool\":\"%s\",\"files\":%d,\"of\":%d,\"file_bytes\":%d,", \
             (NR > 1) ? "," : "", $1, $2, $4, $5, $6
      printf "\"seconds\":%.6f,\"files_per_second\":%.1f}", $7 / 1e6, $8 * 1e6
    }
    END { printf "\n]}\n" }'
}

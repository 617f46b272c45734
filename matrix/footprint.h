// What a running child takes, with everything below it: read from /proc (proc(5)), which sees into a cell from outside.
#pragma once

#include <sys/types.h>

namespace chamber::matrix {

struct Footprint {
  double memory_mib = 0;  // resident, less what is shared, and the files of a cell's root in memory
  double cpu_s = 0;       // used so far by what lives, and by what it has waited for
};

// Zero when the process has gone.
[[nodiscard]] Footprint footprint_of(pid_t root);

// What this machine has to offer.
struct Machine {
  int cpus = 1;
  double memory_mib = 0;     // all
  double available_mib = 0;  // without swapping, now
};
[[nodiscard]] Machine this_machine();

}  // namespace chamber::matrix

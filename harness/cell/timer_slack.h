// How late the kernel may wake what runs on a cell's node when it sleeps (PR_SET_TIMERSLACK of prctl(2); the kernel's
// own default is 50 µs). The monitor thread of a Go program sleeps for 20 µs at a time while anything runs in it
// (runtime/proc.go, sysmon), and the production stack has eighteen such programs; with a millisecond the kernel wakes
// many sleepers at once. No time-out of a server is that fine.
#pragma once

#include <chrono>

namespace chamber {

inline constexpr std::chrono::nanoseconds kServerTimerSlack = std::chrono::milliseconds(1);

}  // namespace chamber

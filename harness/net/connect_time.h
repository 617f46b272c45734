// How long it takes to set up a connection: what a fault on a link shows itself by.
#pragma once

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/net/address.h"

namespace chamber {

// From the calling thread's network namespace. kUnavailable when refused, kTimeout when nothing came back.
Result<Duration> connect_time(const SocketAddress& target, Deadline deadline);

}  // namespace chamber

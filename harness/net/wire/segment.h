// Finishing in user space what segmentation and checksum offload leave to the network card.
#pragma once

#include <functional>

#include "harness/net/wire/frame.h"

namespace chamber::wire {

// True for a super-frame: one that stands for several packets (its offload header has a gso_type).
[[nodiscard]] bool is_super_frame(ConstBytes frame);

// Calls `emit` with each packet of a super-frame of TCP (RFC 9293) or UDP over IPv4, in order. As Linux does it
// (Documentation/networking/segmentation-offloads.rst): headers are repeated; length, identification, sequence number
// and header checksum are each packet's own; FIN and PSH stay on the last packet only, CWR on the first only. The
// transport checksum stays offloaded: each packet asks for it in its own offload header.
// `scratch` must hold kFrameBytesMax bytes; what `emit` gets lies in it and is the callee's until it returns.
// False, without a call of `emit`, when the frame is not what its offload header says.
[[nodiscard]] bool segment(ConstBytes frame, Bytes scratch, const std::function<void(Bytes packet)>& emit);

// Computes the transport checksum that the offload header asks for and takes the request back. Nothing to do is
// success; false when the header points outside of the frame.
[[nodiscard]] bool complete_checksum(Bytes frame);

}  // namespace chamber::wire

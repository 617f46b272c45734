#include "harness/load/workload.h"

namespace chamber::load {

Result<void> Workload::prepare(std::stop_token, Deadline) {
  return {};
}

Result<void> Workload::finish(Session&, std::stop_token, Deadline) {
  return {};
}

}  // namespace chamber::load

#include "harness/check/service.h"

#include <map>

#include "harness/check/latency.h"

namespace chamber {

std::vector<Service> service_outside_faults(const History& history) {
  struct Sum {
    Service service;
    std::vector<Duration> latencies;
  };
  std::map<std::string, Sum> sums;
  for (const Operation* operation : operations_of(history, "", When::kNoFault, kRecoveryMargin)) {
    if (operation->final) continue;
    Sum& sum = sums[std::string(history.name(operation->workload))];
    ++sum.service.operations;
    sum.service.served += served(history, *operation) ? 1 : 0;
    if (operation->outcome == Outcome::kOk) sum.latencies.push_back(latency(*operation));
  }
  std::vector<Service> services;
  for (auto& [workload, sum] : sums) {
    sum.service.workload = workload;
    if (!sum.latencies.empty()) sum.service.p99 = exact_quantile(sum.latencies, 0.99);
    services.push_back(std::move(sum.service));
  }
  return services;
}

}  // namespace chamber

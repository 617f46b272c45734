#include "harness/check/service.h"

#include <gtest/gtest.h>

#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

TEST(ServiceOutsideFaults, CountsWhatNoFaultTouched) {
  HistoryBuilder builder;
  const auto add = [&](std::int64_t start, std::int64_t took, Outcome outcome = Outcome::kOk) -> Operation& {
    return builder.add("vault.register", 1, Function::kWrite, 1, start, start, start + took, outcome);
  };
  add(1'000, 10);
  add(2'000, 30);
  add(9'990, 20, Outcome::kFail);      // reaches into the fault
  add(12'000, 10, Outcome::kFail);     // in it
  add(15'500, 10, Outcome::kFail);     // the system is still busy with it
  add(18'000, 10, Outcome::kUnknown);  // a loss
  add(19'000, 20);
  add(20'000, 10).final = true;  // looked afterwards
  const std::uint16_t conflict = builder.history().intern("conflict");
  add(19'500, 10, Outcome::kFail).error = conflict;  // a good answer
  builder.event(10'000, EventKind::kFaultStart, "kill vault-0");
  builder.event(14'000, EventKind::kFaultEnd, "kill vault-0");
  const auto services = service_outside_faults(builder.history());
  ASSERT_EQ(services.size(), 1U);
  EXPECT_EQ(services[0].workload, "vault.register");
  EXPECT_EQ(services[0].operations, 5U);
  EXPECT_EQ(services[0].served, 4U);
  EXPECT_EQ(services[0].p99, milliseconds(30));
}

TEST(ServiceOutsideFaults, NothingIsNothing) {
  HistoryBuilder builder;
  EXPECT_TRUE(service_outside_faults(builder.history()).empty());
}

}  // namespace
}  // namespace chamber

#include "scenarios/language/vocabulary.h"

namespace chamber::language {

using document::Bounds;

std::vector<WorkloadSpec> transaction_workloads(const ParameterSpec& keys, const ParameterSpec& reads) {
  const ParameterSpec isolation = {.name = "isolation",
                                   .type = ParameterType::kChoice,
                                   .doc = "PostgreSQL's isolation level of every transaction.",
                                   .fallback = std::string("serializable"),
                                   .choices = {{"serializable", "As if they ran one after the other."},
                                               {"repeatable_read", "Each sees one snapshot."},
                                               {"read_committed", "Each statement sees its own snapshot."}}};
  const ParameterSpec txn_keys = {.name = "keys",
                                  .type = ParameterType::kWhole,
                                  .doc = "How many keys are in use at one time; few make conflicts.",
                                  .fallback = std::int64_t(8),
                                  .bounds = Bounds<std::int64_t>{1, 1'000'000}};
  const ParameterSpec accounts = {.name = "accounts",
                                  .type = ParameterType::kWhole,
                                  .doc = "Each holds 100 at first.",
                                  .fallback = std::int64_t(8),
                                  .bounds = Bounds<std::int64_t>{2, 1000}};
  const ParameterSpec read_from = {.name = "read_from",
                                   .type = ParameterType::kChoice,
                                   .doc = "Which nodes a client reads from.",
                                   .fallback = std::string("one_node"),
                                   .choices = {{"one_node", "Each client stays with one, the primary included."},
                                               {"any_node", "Each read goes to the next."}}};
  return {{"postgres.list_append",
           "postgres",
           "Transactions that append to lists and read them.",
           {txn_keys, reads, isolation},
           {"isolation"}},
          {"postgres.rw_register",
           "postgres",
           "Transactions that write and read single values.",
           {txn_keys, reads, isolation},
           {"isolation"}},
          {"postgres.bank",
           "postgres",
           "Transfers between accounts, and reads of all of them.",
           {accounts, reads, isolation},
           {"bank"}},
          {"postgres.replica_reads",
           "postgres",
           "Writes through the load balancer, reads straight from primary and standbys.",
           {keys, reads, read_from},
           {"monotonic_reads", "staleness"}}};
}

}  // namespace chamber::language

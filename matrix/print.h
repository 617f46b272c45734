// A plan as people and CI systems read it.
#pragma once

#include <string>

#include "matrix/plan.h"

namespace chamber::matrix {

// How many jobs of about `target_s` each the estimates ask for, at most `most`.
[[nodiscard]] int shards_for(const Plan& plan, double target_s, int most);

// Cells, what they cover, what is left out and why.
[[nodiscard]] std::string plan_table(const Plan& plan);

// What `strategy.matrix: ${{ fromJSON(…) }}` of a GitHub workflow takes: one job a shard, {"include": [{"shard": "1/3",
// "cells": 12, "minutes": 9}, …]}. (docs.github.com, "Running variations of jobs in a workflow")
[[nodiscard]] std::string plan_for_github(const Plan& plan, int shards);

// A child pipeline for GitLab: one job a shard, one that merges, both extending hidden jobs that
// ci/workflows/gitlab.yml defines. (docs.gitlab.com, "Downstream pipelines: dynamic child pipelines")
[[nodiscard]] std::string plan_for_gitlab(const Plan& plan, int shards);

}  // namespace chamber::matrix

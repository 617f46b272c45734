#include "reports/matrix_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "matrix/environment.h"
#include "matrix/matrix.h"
#include "reports/gate.h"
#include "reports/test_matrices.h"

namespace chamber {
namespace {

using matrix::MatrixResult;
using matrix::Status;
using testing::HasSubstr;
using testing::Not;

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(MatrixReport, GroupsByCauseFailuresFirst) {
  const MatrixResult result = test_mixed_matrix();
  const auto groups = group_by_cause(result);
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].status, Status::kFailed);
  EXPECT_EQ(groups[0].cells.size(), result.count(Status::kFailed));
  EXPECT_THAT(groups[0].why, HasSubstr("Key k4"));
  EXPECT_EQ(groups[0].evidence.size(), 2U);
  EXPECT_EQ(groups[3].status, Status::kNotRun);
}

TEST(MatrixReport, JunitHasOneCaseACell) {
  MatrixResult result = test_mixed_matrix();
  result.cells[0].required = false;  // not run, and nobody needs it
  result.cells[1].attempts[0].why = "hostile ]]> & <b>";
  const std::string xml = render_matrix_junit(result, "/out");
  EXPECT_EQ(times(xml, "<testcase "), result.cells.size());
  EXPECT_EQ(times(xml, "<failure "), result.count(Status::kFailed));
  EXPECT_EQ(times(xml, "<skipped "), 1U);
  EXPECT_EQ(times(xml, "type=\"not run\""), result.count(Status::kNotRun) - 1);
  EXPECT_THAT(xml, HasSubstr("hostile ]]&gt; &amp; &lt;b&gt;"));
  EXPECT_THAT(xml, HasSubstr("[[ATTACHMENT|/out/cells/"));
  EXPECT_EQ(times(xml, "name=\"flaky\" value=\"yes\""), 1U);
  EXPECT_THAT(xml, HasSubstr("attempt 1: failed: linearizable"));
}

TEST(MatrixReport, MarkdownShowsTheMapTheCausesAndTheFlakes) {
  const std::string text = render_matrix_markdown(test_mixed_matrix());
  EXPECT_THAT(text, HasSubstr("❌ fail: matrix release"));
  EXPECT_THAT(text, HasSubstr("| production |"));
  EXPECT_THAT(text, HasSubstr("**Flakes**"));
  EXPECT_THAT(render_matrix_markdown(test_matrix()), HasSubstr("✅ pass"));
  EXPECT_THAT(render_matrix_markdown(test_matrix()), Not(HasSubstr("Flakes")));
}

TEST(MatrixReport, ThePageIsSelfContained) {
  MatrixResult result = test_mixed_matrix();
  result.matrix = "</script><script>hostile()";
  const std::string page = render_matrix_html(result);
  EXPECT_EQ(times(page, "<script"), 2U);
  for (const char* request : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(request))) << request;
  }
  EXPECT_EQ(page, render_matrix_html(result)) << "the same result gives the same bytes";
}

TEST(MatrixReport, TenThousandCellsStaySmall) {
  const std::string page = render_matrix_html(test_mixed_matrix(1667));
  EXPECT_LT(page.size(), 5'000'000U);
}

// Every key of what is written stands in the published schema, and nothing that it calls required is missing.
void expect_described(const nlohmann::json& value, const nlohmann::json& schema, const nlohmann::json& root,
                      const std::string& path) {
  if (schema.contains("$ref")) {
    const auto name = schema["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
    return expect_described(value, root.at("$defs").at(name), root, path);
  }
  if (value.is_object() && schema.contains("properties")) {
    for (const auto& [key, child] : value.items()) {
      ASSERT_TRUE(schema["properties"].contains(key)) << path << "/" << key << " is not in the schema";
      expect_described(child, schema["properties"][key], root, path + "/" + key);
    }
    for (const auto& key : schema.value("required", nlohmann::json::array())) {
      EXPECT_TRUE(value.contains(key)) << path << "/" << key;
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (const auto& item : value) expect_described(item, schema["items"], root, path + "[]");
  }
  if (schema.contains("enum")) {
    EXPECT_NE(std::find(schema["enum"].begin(), schema["enum"].end(), value), schema["enum"].end()) << path;
  }
}

TEST(MatrixReport, JsonIsWhatTheSchemasSay) {
  std::ifstream file("reports/matrix.schema.json");
  const nlohmann::json schema = nlohmann::json::parse(file);
  const nlohmann::json json = nlohmann::json::parse(render_matrix_json(test_mixed_matrix()));
  expect_described(json, schema, schema, "");
  std::ifstream gate_file("reports/gate.schema.json");
  const nlohmann::json gate_schema = nlohmann::json::parse(gate_file);
  Gate gate;
  gate.rules.resize(1);
  gate.rules[0].kind.value = "outages";
  const auto verdict = nlohmann::json::parse(render_gate_json(judge(gate, {test_mixed_matrix()}, "2026-11-21")));
  expect_described(verdict, gate_schema, gate_schema, "");
}

void expect_committed(const std::string& name, const std::string& schema) {
  const std::string path = "harness/schemas/" + name + ".json";
  if (std::getenv("CHAMBER_WRITE_SCHEMAS") != nullptr) std::ofstream(path) << schema;
  std::ifstream file(path);
  const std::string committed{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(committed == schema) << path << " is not what the definitions give; make it again by\n"
                                   << "  chamber describe --schema " << name << " > " << path;
}

TEST(EditorSchemas, AreTheCommittedOnes) {
  expect_committed("matrix", matrix::matrix_schema());
  expect_committed("environments", matrix::environments_schema());
  expect_committed("gate", gate_schema());
}

}  // namespace
}  // namespace chamber

#include "reports/run_record.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace chamber {
namespace {

using Json = nlohmann::json;

// Reads one object key by key and remembers the first thing that is wrong, so that the code below can say what the
// shape is and nothing else. finish() adds the keys that nobody asked for.
class ObjectReader {
 public:
  ObjectReader(const Json& json, std::string path, std::optional<std::string>& error)
      : json_(json), path_(std::move(path)), error_(error) {
    if (!json_.is_object()) complain(path_, "an object");
  }

  void read(const char* key, std::string& into) {
    if (const Json* value = get(key, true)) take(*value, at(key), into);
  }
  void read(const char* key, bool& into) {
    const Json* value = get(key, true);
    if (value == nullptr) return;
    if (!value->is_boolean()) return complain(at(key), "true or false", value);
    into = value->get<bool>();
  }
  void read(const char* key, double& into) {
    const Json* value = get(key, true);
    if (value == nullptr) return;
    if (!value->is_number()) return complain(at(key), "a number", value);
    into = value->get<double>();
    if (!std::isfinite(into) || into < 0) set_error(at(key) + ": a number that is not below zero belongs here");
  }
  void read(const char* key, std::uint64_t& into) {
    const Json* value = get(key, true);
    if (value == nullptr) return;
    const bool negative = value->is_number_integer() && !value->is_number_unsigned() && value->get<std::int64_t>() < 0;
    if (!value->is_number_integer() || negative) return complain(at(key), "a whole number from 0", value);
    into = value->get<std::uint64_t>();
  }
  void read(const char* key, int& into) {
    std::uint64_t wide = 0;
    read(key, wide);
    if (wide > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) set_error(at(key) + ": out of range");
    into = static_cast<int>(wide);
  }
  void read(const char* key, std::vector<std::string>& into) {
    each(key, [&](const Json& item, const std::string& path) { take(item, path, into.emplace_back()); });
  }
  template <typename Shape>
  void object(const char* key, Shape&& shape) {
    if (const Json* value = get(key, true)) nested(*value, at(key), shape);
  }
  template <typename Value, typename Shape>
  void optional_object(const char* key, std::optional<Value>& into, Shape&& shape) {
    const Json* value = get(key, false);
    if (value == nullptr) return;
    into.emplace();
    nested(*value, at(key), [&](ObjectReader& reader) { shape(reader, *into); });
  }
  template <typename Value, typename Shape>
  void objects(const char* key, std::vector<Value>& into, Shape&& shape) {
    each(key, [&](const Json& item, const std::string& path) {
      Value& value = into.emplace_back();
      nested(item, path, [&](ObjectReader& reader) { shape(reader, value); });
    });
  }
  // A list that older records lack.
  template <typename Value, typename Shape>
  void later_objects(const char* key, std::vector<Value>& into, Shape&& shape) {
    if (get(key, false) != nullptr) objects(key, into, shape);
  }
  // A number that older records lack.
  void later_number(const char* key, std::uint64_t& into) {
    if (get(key, false) != nullptr) read(key, into);
  }
  void optional_number(const char* key, std::optional<double>& into) {
    if (get(key, false) != nullptr) read(key, into.emplace());
  }
  void optional_string(const char* key, std::optional<std::string>& into) {
    if (const Json* value = get(key, false)) take(*value, at(key), into.emplace());
  }
  void counts(const char* key, std::map<std::string, int>& into) {
    const Json* value = get(key, true);
    if (value == nullptr) return;
    if (!value->is_object()) return complain(at(key), "an object", value);
    ObjectReader reader(*value, at(key), error_);
    for (const auto& [name, unused] : value->items()) reader.read(name.c_str(), into[name]);
  }
  void finish() {
    if (!json_.is_object()) return;
    for (const auto& [key, unused] : json_.items()) {
      if (!known_.contains(key)) set_error(at(key) + ": unknown key");
    }
  }

 private:
  [[nodiscard]] std::string at(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }
  void set_error(std::string text) {
    if (!error_) error_ = std::move(text);
  }
  void complain(const std::string& path, std::string_view wanted, const Json* found = nullptr) {
    const std::string place = path.empty() ? "the file" : path;
    set_error(fmt::format("{}: {} where {} belongs", place, (found != nullptr ? *found : json_).type_name(), wanted));
  }
  const Json* get(const std::string& key, bool required) {
    known_.insert(key);
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    if (found != json_.end()) return &*found;
    if (required) set_error(at(key) + ": missing");
    return nullptr;
  }
  void take(const Json& value, const std::string& path, std::string& into) {
    if (!value.is_string()) return complain(path, "a string", &value);
    into = value.get<std::string>();
  }
  template <typename Item>
  void each(const char* key, Item&& item) {
    const Json* value = get(key, true);
    if (value == nullptr) return;
    if (!value->is_array()) return complain(at(key), "an array", value);
    for (std::size_t i = 0; i < value->size(); ++i) item((*value)[i], fmt::format("{}[{}]", at(key), i));
  }
  template <typename Shape>
  void nested(const Json& value, const std::string& path, Shape&& shape) {
    ObjectReader reader(value, path, error_);
    if (!value.is_object()) return;
    shape(reader);
    reader.finish();
  }

  const Json& json_;
  std::string path_;
  std::optional<std::string>& error_;
  std::set<std::string> known_;
};

void read_setting(ObjectReader& reader, RunRecord& record) {
  reader.object("scenario", [&](ObjectReader& r) {
    r.read("name", record.scenario.name);
    r.read("about", record.scenario.about);
    r.read("file", record.scenario.file);
    r.read("family", record.scenario.family);
  });
  reader.object("stack", [&](ObjectReader& r) {
    r.read("profile", record.stack.profile);
    r.counts("components", record.stack.components);
  });
  reader.read("substrate", record.substrate);
  reader.read("seed", record.seed);
  reader.read("started", record.started);
  reader.read("duration_s", record.duration_s);
  reader.read("command", record.command);
  reader.object("host", [&](ObjectReader& r) {
    r.read("os", record.host.os);
    r.read("kernel", record.host.kernel);
    r.read("cpus", record.host.cpus);
    r.read("memory_bytes", record.host.memory_bytes);
    r.read("privilege", record.host.privilege);
  });
  reader.objects("engines", record.engines, [](ObjectReader& r, RunRecord::Engine& engine) {
    r.read("component", engine.component);
    r.read("engine", engine.engine);
    r.read("version", engine.version);
    r.read("source", engine.source);
    r.read("nodes", engine.nodes);
  });
}

void read_course(ObjectReader& reader, RunRecord& record) {
  reader.object("bring_up", [&](ObjectReader& r) {
    r.read("total_s", record.bring_up.total_s);
    r.objects("tasks", record.bring_up.tasks, [](ObjectReader& t, RunRecord::BringUpTask& task) {
      t.read("name", task.name);
      t.read("phase", task.phase);
      t.read("start_s", task.start_s);
      t.read("end_s", task.end_s);
      t.read("after", task.after);
      t.read("critical", task.critical);
    });
  });
  reader.objects("faults", record.faults, [](ObjectReader& r, RunRecord::Fault& fault) {
    r.read("name", fault.name);
    r.read("resolved", fault.resolved);
    r.read("proof", fault.proof);
    r.read("ttl_s", fault.ttl_s);
  });
  reader.later_objects("services", record.services, [](ObjectReader& r, RunRecord::Service& service) {
    r.read("workload", service.workload);
    r.read("operations", service.operations);
    r.read("served", service.served);
    r.optional_number("p99_ms", service.p99_ms);
  });
  reader.object("harness", [&](ObjectReader& r) {
    r.read("cpu_seconds", record.harness.cpu_seconds);
    r.read("cpu_share", record.harness.cpu_share);
    r.read("peak_rss_bytes", record.harness.peak_rss_bytes);
    r.optional_number("receivers_cpu_seconds", record.harness.receivers_cpu_seconds);
  });
  reader.optional_object("footprint", record.footprint, [](ObjectReader& r, RunRecord::Footprint& footprint) {
    r.read("rss_bytes_early", footprint.rss_bytes_early);
    r.read("rss_bytes_late", footprint.rss_bytes_late);
    r.read("rss_bytes_most", footprint.rss_bytes_most);
    r.later_number("disk_bytes_early", footprint.disk_bytes_early);
    r.later_number("disk_bytes_late", footprint.disk_bytes_late);
    r.later_number("disk_bytes_most", footprint.disk_bytes_most);
    r.read("descriptors_early", footprint.descriptors_early);
    r.read("descriptors_late", footprint.descriptors_late);
    r.read("descriptors_most", footprint.descriptors_most);
    r.read("threads_early", footprint.threads_early);
    r.read("threads_late", footprint.threads_late);
    r.read("threads_most", footprint.threads_most);
    r.read("latest_wake_s", footprint.latest_wake_s);
  });
  reader.optional_object("cleanup", record.cleanup, [](ObjectReader& r, RunRecord::Cleanup& cleanup) {
    r.read("ok", cleanup.ok);
    r.read("left", cleanup.left);
  });
  reader.optional_object("secrets", record.secrets, [](ObjectReader& r, RunRecord::SecretSearch& search) {
    r.read("searched_files", search.searched_files);
    r.read("searched_bytes", search.searched_bytes);
    r.read("found", search.found);
  });
  reader.optional_string("incomplete", record.incomplete);
}

Json footprint_json(const RunRecord::Footprint& footprint) {
  return {{"rss_bytes_early", footprint.rss_bytes_early},     {"rss_bytes_late", footprint.rss_bytes_late},
          {"rss_bytes_most", footprint.rss_bytes_most},       {"disk_bytes_early", footprint.disk_bytes_early},
          {"disk_bytes_late", footprint.disk_bytes_late},     {"disk_bytes_most", footprint.disk_bytes_most},
          {"descriptors_early", footprint.descriptors_early}, {"descriptors_late", footprint.descriptors_late},
          {"descriptors_most", footprint.descriptors_most},   {"threads_early", footprint.threads_early},
          {"threads_late", footprint.threads_late},           {"threads_most", footprint.threads_most},
          {"latest_wake_s", footprint.latest_wake_s}};
}

Json engines_json(const RunRecord& record) {
  Json engines = Json::array();
  for (const auto& engine : record.engines) {
    engines.push_back({{"component", engine.component},
                       {"engine", engine.engine},
                       {"version", engine.version},
                       {"source", engine.source},
                       {"nodes", engine.nodes}});
  }
  return engines;
}

Json bring_up_json(const RunRecord::BringUp& bring_up) {
  Json tasks = Json::array();
  for (const auto& task : bring_up.tasks) {
    tasks.push_back({{"name", task.name},
                     {"phase", task.phase},
                     {"start_s", task.start_s},
                     {"end_s", task.end_s},
                     {"after", task.after},
                     {"critical", task.critical}});
  }
  return {{"total_s", bring_up.total_s}, {"tasks", std::move(tasks)}};
}

Json services_json(const RunRecord& record) {
  Json services = Json::array();
  for (const auto& service : record.services) {
    Json json = {{"workload", service.workload}, {"operations", service.operations}, {"served", service.served}};
    if (service.p99_ms) json["p99_ms"] = *service.p99_ms;
    services.push_back(std::move(json));
  }
  return services;
}

Json faults_json(const RunRecord& record) {
  Json faults = Json::array();
  for (const auto& fault : record.faults) {
    faults.push_back(
        {{"name", fault.name}, {"resolved", fault.resolved}, {"proof", fault.proof}, {"ttl_s", fault.ttl_s}});
  }
  return faults;
}

}  // namespace

nlohmann::json to_json(const RunRecord& record) {
  Json json = {
      {"format", RunRecord::kFormat},
      {"run", record.run},
      {"scenario",
       {{"name", record.scenario.name},
        {"about", record.scenario.about},
        {"file", record.scenario.file},
        {"family", record.scenario.family}}},
      {"stack", {{"profile", record.stack.profile}, {"components", record.stack.components}}},
      {"substrate", record.substrate},
      {"seed", record.seed},
      {"started", record.started},
      {"duration_s", record.duration_s},
      {"command", record.command},
      {"host",
       {{"os", record.host.os},
        {"kernel", record.host.kernel},
        {"cpus", record.host.cpus},
        {"memory_bytes", record.host.memory_bytes},
        {"privilege", record.host.privilege}}},
      {"engines", engines_json(record)},
      {"bring_up", bring_up_json(record.bring_up)},
      {"faults", faults_json(record)},
      {"services", services_json(record)},
      {"harness",
       {{"cpu_seconds", record.harness.cpu_seconds},
        {"cpu_share", record.harness.cpu_share},
        {"peak_rss_bytes", record.harness.peak_rss_bytes}}},
  };
  if (record.harness.receivers_cpu_seconds) {
    json["harness"]["receivers_cpu_seconds"] = *record.harness.receivers_cpu_seconds;
  }
  if (record.footprint) json["footprint"] = footprint_json(*record.footprint);
  if (record.cleanup) json["cleanup"] = {{"ok", record.cleanup->ok}, {"left", record.cleanup->left}};
  if (record.secrets) {
    json["secrets"] = {{"searched_files", record.secrets->searched_files},
                       {"searched_bytes", record.secrets->searched_bytes},
                       {"found", record.secrets->found}};
  }
  if (record.incomplete) json["incomplete"] = *record.incomplete;
  return json;
}

Result<RunRecord> run_record_from_json(const nlohmann::json& json) {
  std::optional<std::string> error;
  RunRecord record;
  ObjectReader reader(json, "", error);
  std::string format;
  reader.read("format", format);
  if (!error && format != RunRecord::kFormat) {
    return fail(ErrorKind::kInput, "format: \"{}\" is not one that this program reads (\"{}\")", format,
                RunRecord::kFormat);
  }
  reader.read("run", record.run);
  read_setting(reader, record);
  read_course(reader, record);
  reader.finish();
  if (error) return fail(ErrorKind::kInput, "{}", *error);
  return record;
}

}  // namespace chamber

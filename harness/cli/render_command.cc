// `chamber render`: the Kubernetes objects of a stack, as a cell on kind would get them.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "fixtures/kind/describing_substrate.h"
#include "fixtures/kind/kubernetes_nodes.h"
#include "fixtures/kind/manifests.h"
#include "fixtures/platform/platform.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"

namespace chamber {
namespace {

using nlohmann::json;

constexpr const char* kCell = "rendered";

Result<std::vector<json>> objects_of(const Stack& stack) {
  const auto surroundings = servers::Surroundings::of_process();
  const auto images = CHAMBER_TRY(kind::ImageCatalogue::load(surroundings.cache));
  CHAMBER_CHECK(require_images(stack, images));
  const auto substrate = kind::make_describing_substrate();
  const PlatformOptions options{.cell_id = kCell,
                                .stack = stack,
                                .surroundings = surroundings,
                                .server = [&](std::string_view name) { return images.server(name); },
                                .ca_file = {}};
  CHAMBER_TRY(Platform::create(options, *substrate));
  kind::ManifestOptions manifests;
  manifests.cell_id = kCell;
  manifests.image_of = [&](const std::string& program) { return images.image_of(program); };
  manifests.kubernetes_nodes = kind::pod_hosts("cell", stack.kubernetes_nodes);
  manifests.volume_folder = [&](const NodeSpec& node, const VolumeSpec& volume) {
    return kind::volume_folder(node, volume, manifests.kubernetes_nodes.size()).string();
  };
  std::uint16_t port = 30000;
  for (const NodeSpec& node : substrate->nodes()) {
    for (const PortSpec& spec : node.ports) {
      if (!spec.publish_as.empty() && manifests.node_ports.try_emplace(spec.publish_as, port).second) ++port;
    }
  }
  return kind::render(substrate->nodes(), manifests);
}

Result<int> render(const std::string& on, const std::string& name) {
  CHAMBER_CHECK(require_substrate(on));
  if (on != kKind) return fail(ErrorKind::kInput, "only --on kind has something to render");
  // JSON documents one after the other, which is YAML: `chamber render --on kind minimal | kubectl apply -f -`.
  for (const json& object : kind::without_secrets(CHAMBER_TRY(objects_of(CHAMBER_TRY(stack_named(name)))))) {
    std::fputs(("---\n" + object.dump(2) + "\n").c_str(), stdout);
  }
  return 0;
}

}  // namespace

int render_command(const std::string& on, const std::string& stack) {
  const auto code = render(on, stack);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber

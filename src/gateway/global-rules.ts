/** The plugins of all global rules as one chain; the Admin API lets no plugin be in two of them. */
import { buildChain, type Chain, mergeLinks } from "./chain.ts";
import type { ConfigMirror } from "./config-mirror.ts";
import type { PluginSet } from "./plugin-set.ts";

export class GlobalRules {
  private readonly mirror: ConfigMirror;
  private readonly plugins: PluginSet;
  private version = -1;
  private current: Chain | undefined;

  constructor(mirror: ConfigMirror, plugins: PluginSet) {
    this.mirror = mirror;
    this.plugins = plugins;
  }

  get chain(): Chain {
    const version = this.mirror.version("global_rules");
    if (this.current === undefined || version !== this.version) {
      this.version = version;
      const rules = [...this.mirror.entries("global_rules").values()];
      const links = rules.map((rule) => this.plugins.linksOf(rule.key, rule.value["plugins"]));
      this.current = buildChain(mergeLinks(links).values());
    }
    return this.current;
  }
}

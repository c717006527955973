/** The zones of config.yaml: where answers are stored, and how much of them. */
import type { JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import type { PluginServices } from "../../plugin.ts";
import { CacheZone } from "./cache-zone.ts";
import { DiskBodies } from "./disk-bodies.ts";
import { memoryBodies } from "./memory-bodies.ts";
import { parseBytes, parseSeconds } from "./sizes.ts";

export type ZoneConf = {
  readonly name: string;
  readonly bytesMax: number;
  /** Undefined: in memory. */
  readonly folder: string | undefined;
  readonly levels: string;
};

/** For zones that say nothing. */
const MEMORY_BYTES = 50 * 1024 * 1024;
const DISK_BYTES = 1024 * 1024 * 1024;
const TTL_SECONDS = 10;
const MEMORY_ZONE: JsonObject = { name: "memory_cache" };

/** Of `apisix.proxy_cache`. */
export function readZones(attributes: JsonObject): ZoneConf[] {
  const { zones } = attributes;
  const list = Array.isArray(zones) ? zones : [MEMORY_ZONE];
  return list.filter(isJsonObject).map((zone) => {
    const {
      name,
      disk_path: path,
      disk_size: disk,
      memory_size: memory,
      cache_levels: levels = "1:2",
    } = zone as JsonObject;
    const folder = typeof path === "string" && path !== "" ? path : undefined;
    const bytesMax =
      folder === undefined
        ? (parseBytes(memory) ?? MEMORY_BYTES)
        : (parseBytes(disk) ?? DISK_BYTES);
    return { name: String(name), bytesMax, folder, levels: String(levels) };
  });
}

/** Seconds for which answers on disk are fresh when their headers say nothing. */
export function defaultTtl(attributes: JsonObject): number {
  return parseSeconds(attributes["cache_ttl"] ?? "") ?? TTL_SECONDS;
}

/** Opens a zone when it is first used; files of it are found again little by little. */
export class CacheZones {
  private readonly confs: readonly ZoneConf[];
  private readonly log: PluginServices["log"];
  private readonly open = new Map<string, CacheZone>();

  constructor(confs: readonly ZoneConf[], log: PluginServices["log"]) {
    this.confs = confs;
    this.log = log;
  }

  of(name: string): CacheZone | undefined {
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const conf = this.confs.find((one) => one.name === name);
    if (conf === undefined) return undefined;
    const made = this.make(conf);
    this.open.set(name, made);
    return made;
  }

  private make({ bytesMax, folder, levels, name }: ZoneConf): CacheZone {
    if (folder === undefined) return new CacheZone(memoryBodies, bytesMax);
    const bodies = new DiskBodies(folder, levels);
    const zone = new CacheZone(bodies, bytesMax);
    load(zone, bodies).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.log("error", "a cache on disk cannot be used", { zone: name, reason });
    });
    return zone;
  }
}

async function load(zone: CacheZone, bodies: DiskBodies): Promise<void> {
  for await (const entry of bodies.load()) zone.add(entry);
}

/** Rules between settings, checked when each of them is good in itself. */
import type { Config } from "./config.ts";
import { exposureProblem, listenHosts } from "./exposure.ts";

/** One line for each rule that does not hold. */
export function crossProblems(config: Config): readonly string[] {
  return [
    ...order(config),
    ...memory(config),
    ...exposure(config),
    ...secure(config),
    ...locks(config),
    ...events(config),
  ];
}

/** [what must not be more, its value, than what, its value] */
type Pair = readonly [string, number, string, number];

function order(config: Config): string[] {
  const { api, action, payload, response } = config;
  const pairs: readonly Pair[] = [
    [
      "action.timeout.min_ms",
      action.timeout.minMs,
      "action.timeout.default_ms",
      action.timeout.defaultMs,
    ],
    [
      "action.timeout.default_ms",
      action.timeout.defaultMs,
      "action.timeout.max_ms",
      action.timeout.maxMs,
    ],
    [
      "action.memory.min_mb",
      action.memory.minMb,
      "action.memory.default_mb",
      action.memory.defaultMb,
    ],
    [
      "action.memory.default_mb",
      action.memory.defaultMb,
      "action.memory.max_mb",
      action.memory.maxMb,
    ],
    ["action.logs.min_mb", action.logs.minMb, "action.logs.default_mb", action.logs.defaultMb],
    ["action.logs.default_mb", action.logs.defaultMb, "action.logs.max_mb", action.logs.maxMb],
    [
      "action.concurrency.min",
      action.concurrency.min,
      "action.concurrency.default",
      action.concurrency.default,
    ],
    [
      "action.concurrency.default",
      action.concurrency.default,
      "action.concurrency.max",
      action.concurrency.max,
    ],
    ["action.memory.max_mb", action.memory.maxMb, "pool.memory_mb", config.pool.memoryMb],
    ["action.code_bytes_max", action.codeBytesMax, "api.body_bytes_max", api.bodyBytesMax],
    ["payload.bytes_max", payload.bytesMax, "api.body_bytes_max", api.bodyBytesMax],
    ["payload.bytes_max", payload.bytesMax, "queue.bytes_max", config.queue.bytesMax],
    [
      "response.truncation_bytes",
      response.truncationBytes,
      "response.bytes_max",
      response.bytesMax,
    ],
    ["api.uri_bytes_max", api.uriBytesMax, "api.header_bytes_max", api.headerBytesMax],
  ];
  return pairs
    .filter(([, less, , more]) => less > more)
    .map(
      ([lessKey, less, moreKey, more]) => `${lessKey} (${less}) is more than ${moreKey} (${more})`,
    );
}

function memory(config: Config): string[] {
  const { prewarm, memoryMb } = config.pool;
  const prewarmMb = prewarm.reduce((sum, row) => sum + row.count * row.memoryMb, 0);
  if (prewarmMb <= memoryMb) return [];
  return [`pool.prewarm asks for ${prewarmMb} MB, more than pool.memory_mb (${memoryMb})`];
}

function events({ userEvents }: Config): string[] {
  if (userEvents.file === "none" || userEvents.enabled === "on") return [];
  return ["user_events.file is given, and user_events.enabled is off"];
}

function locks({ parameterStorage }: Config): string[] {
  const { current, aes128, aes256 } = parameterStorage;
  const isBare =
    (current === "aes-128" && aes128.length === 0) ||
    (current === "aes-256" && aes256.length === 0);
  if (!isBare) return [];
  const name = `parameter_storage.${current.replace("-", "_")}`;
  return [`parameter_storage.current is ${current}, and ${name} has no key`];
}

/** `auto` is judged when the level is known, after the driver's probe. */
function exposure(config: Config): string[] {
  if (config.isolation !== "none" && config.isolation !== "unshare") return [];
  const text = exposureProblem(listenHosts(config), config.isolation);
  return text === undefined ? [] : [text];
}

function secure({ tls }: Config): string[] {
  const problems: string[] = [];
  if ((tls.cert === "self-signed") !== (tls.key === "self-signed")) {
    problems.push("tls.cert and tls.key go together: give both or none");
  }
  if (tls.redirectPort !== "off" && tls.port === "off") {
    problems.push("tls.redirect_port leads to the HTTPS listener, which needs tls.port");
  }
  return problems;
}

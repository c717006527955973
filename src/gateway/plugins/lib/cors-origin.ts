/** Which origin an answer names (apisix/plugins/cors.lua); pure. */
import type { Json } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import { compilePatterns } from "./patterns.ts";

export type CorsConf = {
  readonly allow_origins: string;
  readonly allow_methods: string;
  readonly allow_headers: string;
  readonly expose_headers?: string;
  readonly max_age: number;
  readonly allow_credential: boolean;
  readonly allow_origins_by_regex?: readonly string[];
  readonly allow_origins_by_metadata?: readonly string[];
  readonly timing_allow_origins?: string;
  readonly timing_allow_origins_by_regex?: readonly string[];
};

type Origin = string | undefined;

/**
 * Value of `Access-Control-Allow-Origin`; undefined: none of the headers is sent. `shared` is the
 * member `allow_origins` of the plugin's metadata.
 */
export function allowedOrigin(conf: CorsConf, origin: Origin, shared: Json | undefined): Origin {
  const byMetadata = (): Origin => fromMetadata(conf, origin, shared);
  const isShared = conf.allow_origins_by_metadata !== undefined;
  const first = isShared ? byMetadata() : undefined;
  const asksOwn = !isShared || (!matches(origin, first) && conf.allow_origins !== "*");
  const allowed = asksOwn ? ownOrigin(conf, origin) : first;
  return matches(origin, allowed) ? allowed : byMetadata();
}

/** Value of `Timing-Allow-Origin`. */
export function timingOrigin(conf: CorsConf, origin: Origin): Origin {
  const { timing_allow_origins: list, timing_allow_origins_by_regex: rules } = conf;
  const allowed =
    rules === undefined
      ? list === undefined
        ? undefined
        : fromList(list, origin)
      : fromPatterns(rules, origin);
  return matches(origin, allowed) ? allowed : undefined;
}

/** Regular expressions stand in the place of the list. */
function ownOrigin({ allow_origins, allow_origins_by_regex }: CorsConf, origin: Origin): Origin {
  return allow_origins_by_regex === undefined
    ? fromList(allow_origins, origin)
    : fromPatterns(allow_origins_by_regex, origin);
}

function fromMetadata(conf: CorsConf, origin: Origin, shared: Json | undefined): Origin {
  if (!isJsonObject(shared)) return undefined;
  const lists = shared as { readonly [name: string]: Json | undefined };
  const isAllowed = (conf.allow_origins_by_metadata ?? []).some((name) => {
    const list = lists[name];
    return typeof list === "string" && matches(origin, fromList(list, origin));
  });
  return isAllowed ? origin : undefined;
}

function fromList(list: string, origin: Origin): Origin {
  if (list === "**") return origin ?? "*";
  if (!list.includes(",")) return list;
  return origin !== undefined && list.split(",").includes(origin) ? origin : undefined;
}

const compiled = new WeakMap<readonly string[], readonly RegExp[]>();

function fromPatterns(rules: readonly string[], origin: Origin): Origin {
  if (origin === undefined) return undefined;
  let patterns = compiled.get(rules);
  if (patterns === undefined) {
    patterns = compilePatterns(rules);
    compiled.set(rules, patterns);
  }
  return patterns.some((pattern) => pattern.test(origin)) ? origin : undefined;
}

function matches(origin: Origin, allowed: Origin): boolean {
  return origin === allowed || allowed === "*";
}

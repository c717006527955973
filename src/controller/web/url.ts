/** What a web URL names (openwhisk-web-and-composition.md 1.1); parsed once per distinct URL. */
import { LRUCache } from "lru-cache";
import { isEntityName } from "../../core/entity-name.ts";
import {
  decodeSegment,
  hasBrokenEscape,
  normalPath,
  parsePairs,
  type QueryPair,
} from "./uri-text.ts";

export type Extension = "http" | "json" | "html" | "svg" | "text";

export type WebTarget = {
  readonly namespace: string;
  /** "default" in the URL is none. */
  readonly packageName: string | undefined;
  readonly action: string;
  readonly extension: Extension;
  /** What follows the action, with its leading "/", or "". */
  readonly path: string;
  readonly query: readonly QueryPair[];
};

/** A URL below the prefix that names no web action: no route, or no legal request line. */
export type NoTarget = "unmatched" | "malformed";

/** Every web URL begins with it. */
export const WEB_PREFIX = "/api/v1/web/";

const EXTENSIONS: readonly Extension[] = ["http", "json", "html", "svg", "text"];
const TARGETS_MAX = 2000;
const URL_LENGTH_MAX = 512;

/** Parses a URL that begins with `WEB_PREFIX`. */
export function parseWebUrl(url: string): WebTarget | NoTarget {
  const mark = url.indexOf("?");
  const path = url.slice(WEB_PREFIX.length, mark < 0 ? url.length : mark);
  const query = mark < 0 ? "" : url.slice(mark + 1);
  if (hasBrokenEscape(path) || hasBrokenEscape(query)) return "malformed";
  const [first = "", second = "", third = "", ...rest] = path.split("/");
  const [namespace, packageName, segment] = [first, second, third].map(decodeSegment) as Triple;
  if (![namespace, packageName, segment].every(isEntityName)) return "unmatched";
  const extension = EXTENSIONS.find((candidate) => segment.endsWith(`.${candidate}`));
  return {
    namespace,
    packageName: packageName === "default" ? undefined : packageName,
    action: extension === undefined ? segment : segment.slice(0, -extension.length - 1),
    extension: extension ?? "http",
    path: rest.length === 0 ? "" : normalPath(`/${rest.join("/")}`),
    query: parsePairs(query),
  };
}

type Triple = [string, string, string];

/** Remembers what URLs name: clients repeat theirs. */
export class WebTargets {
  private readonly known = new LRUCache<string, WebTarget>({ max: TARGETS_MAX });

  read(url: string): WebTarget | NoTarget {
    const known = this.known.get(url);
    if (known !== undefined) return known;
    const target = parseWebUrl(url);
    if (typeof target === "object" && url.length <= URL_LENGTH_MAX) this.known.set(url, target);
    return target;
  }
}

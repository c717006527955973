/** What an invoke URL asks for; parsed once per distinct URL, since clients repeat theirs. */
import { LRUCache } from "lru-cache";
import { asPlatformError, badQuery, type PlatformError } from "../core/errors.ts";
import { booleanParameter, parseQuery, type Query } from "./api/query.ts";

export type InvokeTarget = {
  /** "_" or a name, as in the URL (decoded) */
  readonly namespace: string;
  /** ["hello"] or ["pkg", "hello"] */
  readonly rest: readonly string[];
  /** "hello" or "pkg/hello" */
  readonly name: string;
  readonly blocking: boolean;
  readonly result: boolean;
  readonly waitMs: number;
  /** A bad name: reported after authentication. */
  readonly nameError: PlatformError | undefined;
  /** A bad query parameter: reported after throttle, entitlement and the length of the body. */
  readonly queryError: PlatformError | undefined;
};

const PREFIX = "/api/v1/namespaces/";
const TARGETS_MAX = 2000;
const URL_LENGTH_MAX = 512;

export type PathParts = {
  readonly namespace: string;
  readonly collection: string;
  readonly rest: readonly string[];
};

/** Splits and decodes a path below /api/v1/namespaces/; undefined when it is not one. */
export function splitPath(path: string): PathParts | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const segments = path.slice(PREFIX.length).split("/");
  try {
    const [namespace = "", collection = "", ...rest] = segments.map(decodeURIComponent);
    return { namespace, collection, rest };
  } catch {
    return undefined; // A broken percent escape names nothing.
  }
}

export class InvokeTargets {
  private readonly known = new LRUCache<string, InvokeTarget>({ max: TARGETS_MAX });
  private readonly waitMsMax: number;
  private readonly checkNames: (names: readonly string[]) => void;

  /** `checkNames` throws VALIDATION for an illegal namespace or entity name. */
  constructor(waitMsMax: number, checkNames: (names: readonly string[]) => void) {
    this.waitMsMax = waitMsMax;
    this.checkNames = checkNames;
  }

  /** The target of a POST to `url`, or undefined when it is no action's address. */
  read(url: string): InvokeTarget | undefined {
    const known = this.known.get(url);
    if (known !== undefined) return known;
    const mark = url.indexOf("?");
    const parts = splitPath(mark < 0 ? url : url.slice(0, mark));
    if (parts === undefined || parts.collection !== "actions") return undefined;
    const { namespace, rest } = parts;
    if (rest.length === 0 || rest.length > 2 || rest.includes("")) return undefined;
    const target = this.parse(namespace, rest, mark < 0 ? "" : url.slice(mark + 1));
    if (url.length <= URL_LENGTH_MAX) this.known.set(url, target);
    return target;
  }

  private parse(namespace: string, rest: readonly string[], text: string): InvokeTarget {
    const plain = { namespace, rest, name: rest.join("/") };
    const nothing = { blocking: false, result: false, waitMs: 0 };
    const nameError = errorOf(() => this.checkNames([namespace, ...rest]));
    if (nameError !== undefined) return { ...plain, ...nothing, nameError, queryError: undefined };
    const query = parseQuery(text);
    let asked = nothing;
    const queryError = errorOf(() => {
      asked = {
        blocking: booleanParameter(query, "blocking", false),
        result: booleanParameter(query, "result", false),
        waitMs: this.waitMs(query),
      };
    });
    return { ...plain, ...asked, nameError, queryError };
  }

  private waitMs(query: Query): number {
    const text = query.get("timeout") ?? "";
    if (text === "") return this.waitMsMax;
    const ms = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (ms < 1 || ms > this.waitMsMax) {
      throw badQuery("timeout", `Timeout must be number of milliseconds up to ${this.waitMsMax}.`);
    }
    return ms;
  }
}

function errorOf(check: () => void): PlatformError | undefined {
  try {
    check();
    return undefined;
  } catch (cause) {
    return asPlatformError(cause);
  }
}

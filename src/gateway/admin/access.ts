/** Who may use the Admin API: addresses and keys (apisix/admin/init.lua: check_token). */
import { timingSafeEqual } from "node:crypto";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import { isLoopback } from "../../lib/loopback.ts";
import type { Address } from "./request.ts";

export type AdminKey = {
  readonly name: string;
  readonly key: string;
  readonly role: "admin" | "viewer";
};

/** Addresses and blocks of them ("127.0.0.0/24"); undefined allows every one. */
export class AllowList {
  readonly #list: BlockList | undefined;

  constructor(blocks: readonly string[] | undefined) {
    if (blocks === undefined) return;
    this.#list = new BlockList();
    for (const block of blocks) {
      const [address = "", bits] = block.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  allows(address: string): boolean {
    if (this.#list === undefined) return true;
    const plain = address.replace(/^::ffff:(?=\d+\.)/iu, "");
    return this.#list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  }
}

/** True when `block` is an address or a block of them. */
export function isBlock(block: string): boolean {
  const [address = "", bits, ...more] = block.split("/");
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (most < 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/u.test(bits) && Number(bits) <= most);
}

/**
 * True for a request that a page of another site has a browser on this machine send: told by
 * `Origin`, and by `Host` where the site's name was made to mean this machine. Where no secret is
 * needed, such a page could otherwise rule the gateway or read what it is set to.
 */
export function isForeignPage({ origin, host }: Page): boolean {
  return isForeign(origin) || (host !== undefined && isForeign(`http://${host}`));
}

type Page = { readonly origin?: string | undefined; readonly host?: string | undefined };

/** Clients repeat theirs. */
const JUDGED_MAX = 100;
const judged = new LRUCache<string, boolean>({ max: JUDGED_MAX });

function isForeign(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const known = judged.get(origin);
  if (known !== undefined) return known;
  const isOther = !URL.canParse(origin) || !isLoopback(new URL(origin).hostname);
  judged.set(origin, isOther);
  return isOther;
}

/** Why this request is not for its sender, in the original's words; `keys` undefined: no check. */
export function keyProblem(
  keys: readonly AdminKey[] | undefined,
  { method, query, headers }: Address,
): string | undefined {
  if (keys === undefined) return undefined;
  // One variable of the original's server stands for both spellings of the header.
  const header = headers["x-api-key"] ?? headers["x_api_key"];
  const token = query.get("api_key") ?? first(header) ?? cookie(headers.cookie, "x_api_key");
  if (token === undefined) return "missing apikey";
  const found = keys.find(({ key }) => isSame(key, token));
  if (found === undefined) return "wrong apikey";
  return found.role === "viewer" && method !== "get" ? "invalid method for role viewer" : undefined;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function cookie(text: string | undefined, name: string): string | undefined {
  for (const pair of text?.split(";") ?? []) {
    const [key = "", ...value] = pair.trim().split("=");
    if (key === name) return value.join("=");
  }
  return undefined;
}

/** Takes the same time whatever the difference is. An empty key opens nothing. */
function isSame(key: string, token: string): boolean {
  const [one, other] = [Buffer.from(key), Buffer.from(token)];
  return one.length > 0 && one.length === other.length && timingSafeEqual(one, other);
}

/** Where a call goes: the path at the backend of an operation (catalog reference A6, "routing"). */

const WHOLE_PATH = "$(request.path)";

export type TargetParts = {
  /** undefined: none is written, or it is none of HTTP. */
  readonly origin: string | undefined;
  readonly path: string;
  /** without "?" */
  readonly query: string;
};

/** Reads a `target-url`; one without a scheme is of HTTP. */
export function targetParts(url: string): TargetParts {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  const [, scheme = "http", authority = "", path = "", query = ""] = match ?? [];
  const isHttp = /^https?$/i.test(scheme) && authority !== "";
  const origin = isHttp ? `${scheme.toLowerCase()}://${authority.toLowerCase()}` : undefined;
  return { origin, path, query };
}

export type Called = {
  /** Base path and path with the client's values, without the first slash. */
  readonly called: string;
  /** The whole path after the tenant, with its slash. */
  readonly below: string;
  /** The resource that answers: "club/books/{isbn}". */
  readonly resource: string;
};

/**
 * The path at the backend, unescaped. A target that ends in `$(request.path)` gets the whole path
 * of the call; another one what was called beyond its resource.
 */
export function backendTarget(url: string, { called, below, resource }: Called): string {
  const { path } = targetParts(url);
  if (path.endsWith(WHOLE_PATH)) {
    const base = path.slice(0, -WHOLE_PATH.length);
    return `${base}${base.endsWith("/") ? "" : "/"}${called}`;
  }
  const at = below.indexOf(`/${resource}`);
  const beyond = at < 0 ? "" : below.slice(at + resource.length + 1);
  if (path !== "" && path !== "/") return `${path}${beyond}`;
  return beyond.startsWith("/") ? beyond : `/${beyond}`;
}

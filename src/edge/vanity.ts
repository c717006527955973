/**
 * Names of namespaces below a host name: the rewriting of the original's edge
 * (apache/openwhisk:ansible/roles/nginx/templates/nginx.conf.j2).
 */

/** Namespaces may hold more than these; then they have no such name. */
const NAMESPACE = /^[0-9a-z-]+$/;

/**
 * `host` as in the header, with or without a port; `bases` in lower case. Undefined: not a name of
 * a namespace.
 */
export function vanityNamespace(host: string, bases: readonly string[]): string | undefined {
  const name = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  for (const base of bases) {
    if (!name.endsWith(`.${base}`)) continue;
    const label = name.slice(0, -base.length - 1);
    if (NAMESPACE.test(label)) return label;
  }
  return undefined;
}

/** "/demo/hello?a=b" of guest → "/api/v1/web/guest/demo/hello?a=b"; "/" → its page by convention */
export function vanityUrl(namespace: string, url: string): string {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? "" : url.slice(mark);
  const target = path === "/" ? "/public/index.html" : path;
  return `/api/v1/web/${namespace}${target}${query}`;
}

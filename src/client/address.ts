/** Addresses of the REST API, percent-encoded as the original's client does. */

/**
 * Base of all API addresses: `https://` in front of a host that does not start with "http", "/api"
 * behind it. Throws TypeError when the host is no host.
 */
export function baseUrl(host: string): string {
  const withScheme = host.startsWith("http") ? host : `https://${host}`;
  const candidates = [`${withScheme}/api`, `https://${withScheme}/api`];
  const base = candidates.find((candidate) => /^https?:\/\/[^/]/.test(candidate));
  if (base === undefined || !URL.canParse(base)) throw new TypeError(`invalid host "${host}"`);
  return base;
}

/** A name as part of a path: "/", ":", "@" and the like stay, "?" and blanks do not. */
export function encodePath(name: string): string {
  return strict(name).replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
}

/** `a=1&b=2` in the order of the keys; undefined members are left out. */
export function encodeQuery(
  options: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${strict(String(value)).replaceAll("%20", "+")}`)
    .join("&");
}

function strict(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

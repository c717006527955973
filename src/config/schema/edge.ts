/** What stands before the API: HTTPS, host names of namespaces, trusted proxies. */
import type { Setting } from "../setting.ts";
import { PORT } from "./units.ts";

export const EDGE = [
  {
    key: "tls.port",
    ...PORT,
    words: ["off"],
    default: { value: "off" },
    doc: "Port of the HTTPS listener; 0 picks a free one, `off` has none. 443 needs the rights.",
    reason: "One's own machine needs no encryption towards itself.",
  },
  {
    key: "tls.host",
    type: "text",
    holds: "host",
    default: { compute: (context) => context.text("api.host"), text: "`api.host`" },
    doc: "Address that the HTTPS listener, and that of `tls.redirect_port`, listen on.",
    reason: "Where the API is. Another one keeps plain HTTP on this machine.",
  },
  {
    key: "tls.cert",
    type: "path",
    words: ["self-signed"],
    default: { value: "self-signed" },
    doc:
      "Certificate (PEM, with its chain), read again when it changes; needs `tls.key`. " +
      "`self-signed` makes one, keeps it in the data folder and renews it.",
    reason: "`wsk -i` and `curl -k` work at once.",
  },
  {
    key: "tls.key",
    type: "path",
    words: ["self-signed"],
    default: { value: "self-signed" },
    doc: "Private key (PEM, not encrypted) of `tls.cert`.",
    reason: "Made together with the certificate.",
  },
  {
    key: "tls.redirect_port",
    ...PORT,
    words: ["off"],
    default: { value: "off" },
    doc:
      "Port of a plain listener that answers everything with 308 to the HTTPS listener, as the " +
      "original's edge does on 80; 0 picks a free one.",
    reason: "Only a server on the usual ports has use for it.",
  },
  {
    key: "edge.vanity_hosts",
    type: "list",
    items: "host",
    default: { value: [] },
    doc:
      "Host names below which namespaces have names of their own: with `example.org`, " +
      "`guest.example.org/demo/hello` is the web action `/guest/demo/hello`, and nothing else of " +
      "the API answers there.",
    reason: "Such names must exist first, in DNS or in /etc/hosts.",
  },
  {
    key: "edge.trusted_proxies",
    type: "list",
    items: "network",
    default: { value: [] },
    doc:
      "Peers whose `X-Forwarded-For`, `-Host` and `-Proto` are believed, in the request log, in " +
      "redirects and for vanity hosts. With such a list, other peers' are taken off; " +
      "without one, all pass on to web actions and none is believed.",
    reason: "Anybody can send these headers.",
  },
] as const satisfies readonly Setting[];

/** Where the gateway and the API gateway of `wsk api` listen, and what they go by. */
import type { Setting } from "../setting.ts";
import { PORT } from "./units.ts";

/** A port of the gateway: the original's, unless another is asked for. */
const LISTENER = {
  ...PORT,
  words: ["auto", "off"],
  default: { value: "auto" },
  reason: "The port of the original.",
} as const;

export const GATEWAY = [
  {
    key: "gateway.host",
    type: "text",
    holds: "host",
    default: { value: "127.0.0.1" },
    doc: "Address that the gateway listens on for requests and for its Admin API.",
    reason: "The key of the Admin API is public on loopback; beyond it one is generated.",
  },
  {
    key: "gateway.port",
    ...LISTENER,
    doc:
      "Port of the gateway; `auto` is 9080, or a free one when that is in use, 0 picks a free one, " +
      "`off` starts no gateway. A number that is in use stops the start.",
    reason: "The port of the original, which documents name.",
  },
  {
    key: "gateway.tls_port",
    ...LISTENER,
    doc: "Port of the gateway for TLS, as `gateway.port`; `auto` is 9443.",
  },
  {
    key: "gateway.admin_port",
    ...LISTENER,
    doc: "Port of the Admin API, as `gateway.port`; `auto` is 9180.",
  },
  {
    key: "gateway.control_port",
    ...LISTENER,
    doc: "Port of the control API on 127.0.0.1, as `gateway.port`; `auto` is 9090.",
  },
  {
    key: "gateway.prometheus_port",
    ...LISTENER,
    doc: "Port of the gateway's metrics on 127.0.0.1, as `gateway.port`; `auto` is 9091.",
  },
  {
    key: "gateway.conf_file",
    type: "path",
    words: ["auto"],
    default: { value: "auto" },
    doc:
      "The gateway's own settings, in the shape of Apache APISIX's `config.yaml`; `auto` takes " +
      "`conf/config.yaml` of the directory the server is started in, else of the data folder.",
    reason: "Where documents of the original look for the key of the Admin API.",
  },
  {
    key: "gateway.admin_on_proxy",
    type: "enum",
    values: ["yes", "no"],
    default: { value: "yes" },
    doc: "Whether the gateway's own port answers `/apisix/admin` too.",
    reason: "Tutorials of older versions of the original call the Admin API there.",
  },
  {
    key: "apigw.host",
    type: "text",
    holds: "host",
    default: { compute: (context) => context.text("api.host"), text: "`api.host`" },
    doc: "Address that the API gateway (`wsk api`) listens on.",
    reason: "Who reaches the API reaches its APIs.",
  },
  {
    key: "apigw.port",
    ...PORT,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc:
      "Port of the API gateway; `auto` is 3234, or a free one when that is in use, 0 picks a free " +
      "one, `off` starts no API gateway. A number that is in use stops the start.",
    reason: "The port of the original's standalone server.",
  },
  {
    key: "apigw.public_url",
    type: "text",
    holds: "url",
    words: ["auto"],
    default: { value: "auto" },
    doc:
      "What the URLs of APIs begin with, such as `https://apis.example.com`, when a proxy stands " +
      "before the API gateway; `auto` is its own address and port.",
    reason: "Right wherever clients reach the port itself.",
  },
  {
    key: "apigw.backend",
    type: "enum",
    values: ["platform", "target"],
    default: { value: "platform" },
    doc:
      "Where the API gateway sends requests: to this `platform`, whatever host a `target-url` " +
      "names, or where the `target-url` says.",
    reason:
      "As the original's standalone server: the host that a client knows the platform by need not " +
      "be one that the platform reaches itself by, and nobody gets at other hosts through it.",
  },
] as const satisfies readonly Setting[];

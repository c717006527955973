/**
 * The table of settings. Order matters only where a computed default reads an earlier row.
 * Naming: what it bounds, then the unit, then `_min`/`_max` ("body_bytes_max"). "The original" is
 * the stock standalone server of Apache OpenWhisk.
 */
import type { DefaultContext, Prewarm, Setting } from "./setting.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const INT32 = 2 ** 31 - 1;

/** As many waiting processes as leave most of a small pool to real work. */
function defaultPrewarm(context: DefaultContext): readonly Prewarm[] {
  const poolMb = context.number("pool.memory_mb");
  const nodes = poolMb >= 2048 ? 2 : poolMb >= 1024 ? 1 : 0;
  const pythons = poolMb >= 2048 ? 1 : 0;
  return [
    { kind: "nodejs:default", count: nodes, memoryMb: 256 },
    { kind: "python:default", count: pythons, memoryMb: 256 },
  ].filter((row) => row.count > 0);
}

export const SETTINGS = [
  {
    key: "limits",
    type: "enum",
    values: ["open", "original"],
    default: { value: "open" },
    doc:
      "Which defaults the limits below start from: `open` suits one's own machine, `original` " +
      "restores the stock values of the original. A limit that is set explicitly keeps its value.",
    reason: "Quotas that share a cluster fairly only annoy on a laptop.",
  },
  {
    key: "data.folder",
    flag: "data-dir",
    short: "d",
    type: "path",
    default: { value: "~/.meringue" },
    doc: "Folder of everything that the server keeps. One server at a time may use it.",
    reason: "Outlives the session, needs no rights, is found again by the next start.",
  },
  {
    key: "runtimes.manifest",
    flag: "manifest",
    short: "m",
    type: "path",
    words: ["bundled"],
    default: { value: "bundled" },
    doc: "Runtimes manifest (JSON): which kinds exist, and which is the default of a family.",
    reason: "The bundled manifest lists what this version can run.",
  },
  {
    key: "isolation",
    type: "enum",
    values: ["auto", "bwrap", "unshare", "none", "required"],
    default: { value: "auto" },
    doc:
      "How function processes are kept apart: `bwrap` is a full sandbox, `unshare` separates " +
      "processes only, `none` nothing. `auto` takes the best that works here, `required` refuses " +
      "to start below `bwrap`. Below `bwrap` the server binds loopback addresses only.",
    reason: "Works on every machine, and the banner says which level was reached.",
  },
  {
    key: "network",
    type: "enum",
    values: ["host", "none"],
    default: { value: "host" },
    doc:
      "Network that functions get: `host` shares the machine's, `none` leaves them only the API " +
      "of this server, and refuses to start below isolation `bwrap`.",
    reason: "A standalone server runs its own user's code. Several tenants need `none`.",
  },
  {
    key: "durability",
    type: "enum",
    values: ["group", "sync"],
    default: { value: "group" },
    doc:
      "When the record of a blocking invocation is on disk: `group` within " +
      "`store.commit_interval_ms` after the reply, `sync` before it.",
    reason: "Many times faster, and a crash loses at most a few milliseconds of records.",
  },
  {
    key: "api.host",
    flag: "host",
    type: "text",
    holds: "host",
    default: { value: "127.0.0.1" },
    doc: "Address that the API listens on.",
    reason: "The stock keys are public, so nobody else may reach the server unless asked for.",
  },
  {
    key: "api.port",
    flag: "port",
    short: "p",
    type: "int",
    min: 0,
    max: 65535,
    default: { value: 3233 },
    doc: "Port of the API; 0 picks a free one. A port in use stops the start.",
    reason: "The original's, which clients and documents name.",
  },
  {
    key: "api.header_bytes_max",
    type: "int",
    unit: "bytes",
    min: 2 * KIB,
    max: 1 * MIB,
    default: { value: 32 * KIB },
    doc: "Longest request line and headers together; a longer request is answered with 431.",
    reason: "Holds the longest URI and twice as much in headers.",
  },
  {
    key: "api.uri_bytes_max",
    type: "int",
    unit: "bytes",
    min: 256,
    max: 1 * MIB,
    default: { value: 8 * KIB },
    doc: "Longest URI; a longer one is answered with 414.",
    reason: "The original's.",
  },
  {
    key: "api.body_bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1 * GIB,
    default: { value: 50 * MIB },
    doc: "Longest request body; a longer one is answered with 413.",
    reason: "The original's: the longest code and what surrounds it.",
  },
  {
    key: "api.wait_max_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 60 * SECOND },
    doc: "Longest wait of a blocking invocation; then it is answered with 202 and goes on.",
    reason: "The original's; proxies between seldom wait longer.",
  },
  {
    key: "tls.port",
    type: "int",
    min: 0,
    max: 65535,
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
    type: "int",
    min: 0,
    max: 65535,
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
  {
    key: "auth.cache_ttl_ms",
    type: "int",
    unit: "ms",
    min: 0,
    max: DAY,
    default: { value: 5 * MINUTE },
    doc: "How long a looked-up key is trusted without asking the store again; 0 asks every time.",
    reason: "The original's.",
  },
  {
    key: "auth.cache_entries_max",
    type: "int",
    min: 1,
    max: 1_000_000,
    default: { value: 10_000 },
    doc: "Keys remembered; the one not used for longest is forgotten first.",
    reason: "A few MB at most.",
  },
  {
    key: "store.commit_interval_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: 1 * SECOND,
    default: { value: 5 },
    doc: "How long records are gathered before they are written to disk together.",
    reason: "Long enough to share one write among many, short enough to lose little.",
  },
  {
    key: "activations.retention_age_ms",
    type: "int",
    unit: "ms",
    min: 1 * MINUTE,
    max: 3650 * DAY,
    default: { value: 7 * DAY },
    doc: "Activation records older than this are deleted.",
    reason: "What the original's cleaning script keeps unless told otherwise.",
  },
  {
    key: "activations.retention_bytes",
    type: "int",
    unit: "bytes",
    min: 1 * MIB,
    max: 2 ** 50,
    default: { value: 4 * GIB },
    doc: "Disk space for activation records; beyond it the oldest are deleted.",
    reason: "Some four million small records, and a laptop's disk still has room.",
  },
  {
    key: "pool.memory_mb",
    type: "int",
    unit: "MB",
    min: 256,
    max: 16 * MIB,
    default: {
      compute: (context) => Math.max(256, Math.floor(context.machineMemoryMb / 2)),
      text: "half of the machine's memory, at least 256",
    },
    doc:
      "Memory shared out among function processes, each counted with its action's memory limit. " +
      "When it is used up, idle processes make room; if all are busy, activations queue.",
    reason: "Leaves the other half to the server, the page cache and the user's programs.",
  },
  {
    key: "pool.idle_timeout_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 10 * MINUTE },
    doc: "An idle process is kept this long for the next activation of its action.",
    reason: "The original's.",
  },
  {
    key: "pool.prewarm",
    type: "prewarm",
    default: {
      compute: defaultPrewarm,
      text: "`nodejs:default:2:256,python:default:1:256`, less when the pool is below 2048 MB",
    },
    doc:
      "Processes started ahead of demand, as `kind:count:memory` (memory in MB) joined by commas, " +
      "or a list of those in the file; an empty value starts none. They serve a first invocation " +
      "of any action of that kind and memory.",
    reason: "The original's two for Node.js, and one for Python; each costs some 10 MB while idle.",
  },
  {
    key: "queue.length_max",
    type: "int",
    min: 1,
    max: 10_000_000,
    default: { value: 10_000 },
    doc: "Activations in flight, running ones included; further ones are answered with 503.",
    reason: "The original's queue size.",
  },
  {
    key: "queue.bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * MIB,
    max: 64 * GIB,
    default: { value: 128 * MIB },
    doc: "Arguments of all activations in flight together; further ones are answered with 503.",
    reason: "A full queue of large arguments must not use up the server's memory.",
  },
  {
    key: "queue.wait_max_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 60 * SECOND },
    doc: "Longest wait for a process; then the activation is recorded as a whisk internal error.",
    reason: "The original's; nobody waits for a blocking answer longer than that either.",
  },
  {
    key: "action.code_bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1 * GIB,
    default: { value: 48 * MIB },
    doc: "Longest code of an action as sent (base64 counts as sent); more is answered with 413.",
    reason: "The original's.",
  },
  {
    key: "action.parameters_bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1 * GIB,
    default: { value: 1 * MIB },
    doc: "Parameters of an entity, and its annotations; more is answered with 413.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.min_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 100 },
    doc: "Shortest `limits.timeout` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.default_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 60 * SECOND },
    doc: "`limits.timeout` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.max_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 5 * MINUTE },
    doc: "Longest `limits.timeout` that an action may ask for.",
    reason:
      "The original's in both modes: a running activation holds its memory and delays a stop, " +
      "and what is deployed here should deploy there.",
  },
  {
    key: "action.memory.min_mb",
    type: "int",
    unit: "MB",
    min: 16,
    max: 16 * MIB,
    default: { value: 128 },
    doc: "Least `limits.memory` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.memory.default_mb",
    type: "int",
    unit: "MB",
    min: 16,
    max: 16 * MIB,
    default: { value: 256 },
    doc: "`limits.memory` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.memory.max_mb",
    type: "int",
    unit: "MB",
    min: 16,
    max: 16 * MIB,
    default: {
      compute: (context) => {
        const poolMb = context.number("pool.memory_mb");
        return context.limits === "original" ? Math.min(512, poolMb) : poolMb;
      },
      text: "`pool.memory_mb`; with `--limits original` 512, or the pool's if that is less",
    },
    doc: "Most `limits.memory` that an action may ask for.",
    reason: "The pool guards the machine, so an action may have as much of it as its owner wants.",
  },
  {
    key: "action.logs.min_mb",
    type: "int",
    unit: "MB",
    min: 0,
    max: 1024,
    default: { value: 0 },
    doc: "Least `limits.logs` that an action may ask for; 0 keeps no logs.",
    reason: "The original's.",
  },
  {
    key: "action.logs.default_mb",
    type: "int",
    unit: "MB",
    min: 0,
    max: 1024,
    default: { value: 10 },
    doc: "`limits.logs` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.logs.max_mb",
    type: "int",
    unit: "MB",
    min: 0,
    max: 1024,
    default: { value: 10 },
    doc: "Most `limits.logs` that an action may ask for; the rest of a longer log is cut off.",
    reason: "The original's.",
  },
  {
    key: "action.concurrency.min",
    type: "int",
    min: 1,
    max: 10_000,
    default: { value: 1 },
    doc: "Least `limits.concurrency` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.concurrency.default",
    type: "int",
    min: 1,
    max: 10_000,
    default: { value: 1 },
    doc: "`limits.concurrency` of an action that does not ask.",
    reason: "The original's; code must be written for more than one at a time.",
  },
  {
    key: "action.concurrency.max",
    type: "int",
    min: 1,
    max: 10_000,
    default: { open: 500, original: 1 },
    doc:
      "Most `limits.concurrency` that an action may ask for: activations that one process runs " +
      "at once, in languages that can.",
    reason: "Lets one process serve many waiting calls, which saves memory and time.",
  },
  {
    key: "payload.bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1 * GIB,
    default: { value: 1 * MIB },
    doc: "Longest arguments of an invocation; longer ones are answered with 413.",
    reason: "The original's.",
  },
  {
    key: "web.stream_bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1024 * GIB,
    default: { value: 256 * MIB },
    doc:
      "Longest stream of a web action (annotation `web-stream`); a longer one is cut. How long it " +
      "may last is the action's own time limit.",
    reason: "Leaves room for large downloads, and ends what never ends.",
  },
  {
    key: "response.bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1 * GIB,
    default: { value: 1 * MIB },
    doc: "Longest result of an action; a longer one makes the activation an application error.",
    reason: "The original's.",
  },
  {
    key: "response.truncation_bytes",
    type: "int",
    unit: "bytes",
    min: 0,
    max: 1 * GIB,
    default: { value: 1 * MIB },
    doc: "How much of a too long result the error text quotes.",
    reason: "The original's.",
  },
  {
    key: "throttle.invocations_per_minute",
    type: "int",
    unit: "per minute",
    min: 0,
    max: 1_000_000_000,
    words: ["off"],
    default: { open: "off", original: 60 },
    doc: "Invocations of a namespace in a minute of the clock; more are answered with 429.",
    reason: "One user's own machine needs no fairness among tenants.",
  },
  {
    key: "throttle.fires_per_minute",
    type: "int",
    unit: "per minute",
    min: 0,
    max: 1_000_000_000,
    words: ["off"],
    default: { open: "off", original: 60 },
    doc: "Trigger fires of a namespace in a minute of the clock; more are answered with 429.",
    reason: "One user's own machine needs no fairness among tenants.",
  },
  {
    key: "throttle.concurrent",
    type: "int",
    min: 0,
    max: 1_000_000_000,
    words: ["off"],
    default: { open: "off", original: 30 },
    doc: "Activations of a namespace in flight at once; more are answered with 429.",
    reason: "The pool and the queue bound them already.",
  },
  {
    key: "metrics.port",
    type: "int",
    min: 0,
    max: 65535,
    words: ["api", "off"],
    default: { value: "api" },
    doc:
      "Where metrics are served at `/metrics`: on the port of the API (`api`), on a port of their " +
      "own (a number, 0 picks a free one), or nowhere (`off`).",
    reason: "One port to know, as with the original.",
  },
  {
    key: "user_events.enabled",
    type: "enum",
    values: ["off", "on"],
    default: { value: "off" },
    doc:
      "Whether every activation and every decision of a throttle is told as a user event, as JSON " +
      "of the original. Then `/metrics` has metrics of each action, and shows their names.",
    reason: "The original's; `/metrics` needs no key.",
  },
  {
    key: "user_events.queue_max",
    type: "int",
    min: 2,
    max: 10_000_000,
    default: { value: 10_000 },
    doc: "User events that may wait to be counted or written; beyond it the older half is dropped.",
    reason: "A few MB at most.",
  },
  {
    key: "user_events.file",
    type: "path",
    words: ["none"],
    default: { value: "none" },
    doc:
      "File that user events are appended to, one JSON object per line; a named pipe works as " +
      "well. It grows until something else cuts it off.",
    reason: "Metrics are enough for most.",
  },
  {
    key: "alarms.missed",
    type: "enum",
    values: ["fire", "skip"],
    default: { value: "fire" },
    doc:
      "What an alarm does whose time passed while nothing ran: `fire` makes up for the last such " +
      "time (earlier ones are left out), `skip` waits for the next. A single date is always made up.",
    reason: "A nightly job is not lost to a restart at midnight.",
  },
  {
    key: "alarms.delay_max_s",
    type: "int",
    min: 0,
    max: 59,
    default: { value: 0 },
    doc:
      "Alarms whose pattern has five fields are spread over so many seconds of the minute, each " +
      "always at the same, unless they are `strict`.",
    reason: "The original's.",
  },
  {
    key: "alarms.strict",
    type: "enum",
    values: ["yes", "no"],
    default: { value: "no" },
    doc: "Whether alarms that do not say are `strict`: not spread.",
    reason: "The original's.",
  },
  {
    key: "alarms.limit_cron_fields",
    type: "enum",
    values: ["yes", "no"],
    default: { value: "no" },
    doc: "Refuse patterns that are finer than a minute.",
    reason: "The original's.",
  },
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
    type: "int",
    min: 0,
    max: 65535,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc:
      "Port of the gateway; `auto` is 9080, or a free one when that is in use, 0 picks a free one, " +
      "`off` starts no gateway. A number that is in use stops the start.",
    reason: "The port of the original, which documents name.",
  },
  {
    key: "gateway.tls_port",
    type: "int",
    min: 0,
    max: 65535,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc: "Port of the gateway for TLS, as `gateway.port`; `auto` is 9443.",
    reason: "The port of the original.",
  },
  {
    key: "gateway.admin_port",
    type: "int",
    min: 0,
    max: 65535,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc: "Port of the Admin API, as `gateway.port`; `auto` is 9180.",
    reason: "The port of the original.",
  },
  {
    key: "gateway.control_port",
    type: "int",
    min: 0,
    max: 65535,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc: "Port of the control API on 127.0.0.1, as `gateway.port`; `auto` is 9090.",
    reason: "The port of the original.",
  },
  {
    key: "gateway.prometheus_port",
    type: "int",
    min: 0,
    max: 65535,
    words: ["auto", "off"],
    default: { value: "auto" },
    doc: "Port of the gateway's metrics on 127.0.0.1, as `gateway.port`; `auto` is 9091.",
    reason: "The port of the original.",
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
    type: "int",
    min: 0,
    max: 65535,
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
  {
    key: "log.level",
    type: "enum",
    values: ["debug", "info", "warn", "error"],
    default: { value: "info" },
    doc: "Least severe line that is logged to stderr. `-v` means `debug`: one line for each request.",
    reason:
      "One line for each change of state; a line for each request costs a tenth of its speed.",
  },
  {
    key: "container.uid_base",
    type: "int",
    min: 1,
    max: INT32 - 65536,
    default: { value: 61184 },
    doc: "First of the user ids that function processes get, where the server may choose them.",
    reason:
      "The range that systems reserve for short-lived services; it exists inside containers too.",
  },
  {
    key: "shutdown.drain_max_ms",
    type: "int",
    unit: "ms",
    min: 0,
    max: INT32,
    default: { value: 60 * SECOND },
    doc:
      "How long a stopping server waits for running activations; what still runs then is killed " +
      "and recorded as a whisk internal error.",
    reason: "As long as the default timeout of an action.",
  },
  {
    key: "parameter_storage.current",
    type: "enum",
    values: ["off", "noop", "aes-128", "aes-256"],
    default: { value: "off" },
    doc:
      "How parameters of actions and packages are encrypted when they are written; `noop` is " +
      "another word for `off`. What is stored already changes with its next update. See " +
      "docs/encryption.md.",
    reason: "The original's; a key that is lost takes the parameters with it.",
  },
  {
    key: "parameter_storage.aes_128",
    type: "keys",
    keyBytes: 16,
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Keys of `aes-128`: the first one encrypts, all of them decrypt. Keep the old ones until " +
      "nothing is encrypted with them any more.",
    reason: "A key must be your own.",
  },
  {
    key: "parameter_storage.aes_256",
    type: "keys",
    keyBytes: 32,
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Keys of `aes-256`: the first one encrypts, all of them decrypt. Keep the old ones until " +
      "nothing is encrypted with them any more.",
    reason: "A key must be your own.",
  },
  {
    key: "users",
    type: "users",
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Identities added to `guest` and `whisk.system`; one of those two names replaces its public " +
      "key. The environment variable holds the list as JSON. See below for the shape.",
    reason: "The two stock identities are enough for one user on a laptop.",
  },
] as const satisfies readonly Setting[];

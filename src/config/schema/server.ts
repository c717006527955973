/** The server as a whole: its limits, folder, runtimes, sandbox and durability. */
import type { Setting } from "../setting.ts";

export const SERVER = [
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
] as const satisfies readonly Setting[];

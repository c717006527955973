/** The API: where it listens, and what a request may bring. */
import type { Setting } from "../setting.ts";
import { GIB, INT32, KIB, MIB, PORT, SECOND } from "./units.ts";

export const API = [
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
    ...PORT,
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
] as const satisfies readonly Setting[];

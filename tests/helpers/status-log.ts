/** A plugin that keeps the statuses of its requests as loggers see them. */
import type { Plugin } from "../../src/gateway/plugin.ts";

export type StatusLog = { readonly plugin: Plugin; readonly statuses: number[] };

export function statusLog(): StatusLog {
  const statuses: number[] = [];
  const plugin: Plugin = {
    name: "status-log",
    version: 0.1,
    priority: 1,
    schema: { type: "object" },
    create: () => ({ log: (_, { response }) => void statuses.push(response.status) }),
  };
  return { plugin, statuses };
}

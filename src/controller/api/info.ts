/**
 * What anybody may read without a key: `/`, `/api/v1`, `/api/v1/api-docs` (openwhisk-api.md 1.9).
 */
import type { KindTable } from "../../core/kinds.ts";
import type { Bounds, SystemLimits } from "../../core/limits.ts";
import { describeApi } from "./api-description.ts";
import type { Reply } from "./handler.ts";
import { ok } from "./reply.ts";

export type InfoOptions = {
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  /** Version of the program, "0.1.0". */
  readonly version: string;
  /** Shown by `wsk property get` as "whisk API build" and "whisk API build number". */
  readonly build: { readonly date: string; readonly number: string };
  /** Level that function processes reached, e.g. "bwrap". */
  readonly isolation: string;
  /** Network that functions get, e.g. "host". */
  readonly network: string;
};

/** Replies never change while the program runs: each is one text, made once. */
export type InfoReplies = {
  /** GET / */
  readonly root: Reply;
  /** GET /api/v1 and /api/v1/ */
  readonly api: Reply;
  /** GET /api/v1/api-docs and /api/v1/api-docs/ */
  readonly apiDocs: Reply;
};

const API_VERSION = "1.0.0";

export function createInfoReplies(options: InfoOptions): InfoReplies {
  const { build, version, isolation, network } = options;
  return {
    root: ok({
      description: "OpenWhisk",
      support: {
        github: "https://github.com/apache/openwhisk/issues",
        slack: "http://slack.openwhisk.org",
      },
      api_paths: ["/api/v1"],
      limits: describeLimits(options.limits),
      runtimes: options.kinds.families,
      meringue: { version, isolation, network },
    }),
    api: ok({
      description: "OpenWhisk API",
      api_version: API_VERSION,
      api_version_path: "v1",
      build: build.date,
      buildno: build.number,
      swagger_paths: { ui: "/docs", "api-docs": "/api-docs" },
    }),
    apiDocs: ok(describeApi(API_VERSION)),
  };
}

/** Durations in ms; memory and logs in bytes, unlike everywhere else. */
function describeLimits(limits: SystemLimits): Record<string, number> {
  const bounds = (name: string, { min, max }: Bounds, unit: number): Record<string, number> => ({
    [`default_min_action_${name}`]: min * unit,
    [`default_max_action_${name}`]: max * unit,
    [`min_action_${name}`]: min * unit,
    [`max_action_${name}`]: max * unit,
  });
  const mebibyte = 1024 * 1024;
  return {
    actions_per_minute: limits.invocationsPerMinute,
    triggers_per_minute: limits.firesPerMinute,
    concurrent_actions: limits.concurrentInvocations,
    sequence_length: limits.sequenceLengthMax,
    ...bounds("duration", limits.timeout, 1),
    ...bounds("memory", limits.memory, mebibyte),
    ...bounds("logs", limits.logs, mebibyte),
  };
}

/**
 * The table of settings, from one table for each noun. Order matters only where a computed default
 * reads an earlier row. Naming: what it bounds, then the unit, then `_min`/`_max`
 * ("body_bytes_max"). "The original" is the stock standalone server of Apache OpenWhisk.
 */
import { ACTION } from "./schema/action.ts";
import { ALARMS } from "./schema/alarms.ts";
import { API } from "./schema/api.ts";
import { AUTH } from "./schema/auth.ts";
import { EDGE } from "./schema/edge.ts";
import { GATEWAY } from "./schema/gateway.ts";
import { METRICS } from "./schema/metrics.ts";
import { OPERATION } from "./schema/operation.ts";
import { POOL } from "./schema/pool.ts";
import { SECRETS } from "./schema/secrets.ts";
import { SERVER } from "./schema/server.ts";
import { STORE } from "./schema/store.ts";
import { THROTTLE } from "./schema/throttle.ts";
import type { Setting } from "./setting.ts";

export const SETTINGS = [
  ...SERVER,
  ...API,
  ...EDGE,
  ...AUTH,
  ...STORE,
  ...POOL,
  ...ACTION,
  ...THROTTLE,
  ...METRICS,
  ...ALARMS,
  ...GATEWAY,
  ...OPERATION,
  ...SECRETS,
] as const satisfies readonly Setting[];

/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { echo } from "./echo.ts";
import { requestId } from "./request-id.ts";

export const PLUGINS: readonly AnyPlugin[] = [echo, requestId];

/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { brotli } from "./brotli.ts";
import { echo } from "./echo.ts";
import { fileLogger } from "./file-logger.ts";
import { gzip } from "./gzip.ts";
import { httpLogger } from "./http-logger.ts";
import { opentelemetry } from "./opentelemetry.ts";
import { prometheus } from "./prometheus.ts";
import { realIp } from "./real-ip.ts";
import { requestId } from "./request-id.ts";
import { requestValidation } from "./request-validation.ts";
import { zipkin } from "./zipkin.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  brotli,
  echo,
  fileLogger,
  gzip,
  httpLogger,
  opentelemetry,
  prometheus,
  realIp,
  requestId,
  requestValidation,
  zipkin,
];

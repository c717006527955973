/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { awsLambda } from "./aws-lambda.ts";
import { azureFunctions } from "./azure-functions.ts";
import { basicAuth } from "./basic-auth.ts";
import { consumerRestriction } from "./consumer-restriction.ts";
import { cors } from "./cors.ts";
import { csrf } from "./csrf.ts";
import { echo } from "./echo.ts";
import { forwardAuth } from "./forward-auth.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { ipRestriction } from "./ip-restriction.ts";
import { jwtAuth } from "./jwt-auth.ts";
import { keyAuth } from "./key-auth.ts";
import { openfunction } from "./openfunction.ts";
import { openidConnect } from "./openid-connect.ts";
import { openwhisk } from "./openwhisk.ts";
import { refererRestriction } from "./referer-restriction.ts";
import { requestId } from "./request-id.ts";
import { serverlessPostFunction } from "./serverless-post-function.ts";
import { serverlessPreFunction } from "./serverless-pre-function.ts";
import { uaRestriction } from "./ua-restriction.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  awsLambda,
  azureFunctions,
  basicAuth,
  consumerRestriction,
  cors,
  csrf,
  echo,
  forwardAuth,
  hmacAuth,
  ipRestriction,
  jwtAuth,
  keyAuth,
  openfunction,
  openidConnect,
  openwhisk,
  refererRestriction,
  requestId,
  serverlessPostFunction,
  serverlessPreFunction,
  uaRestriction,
];

/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { awsLambda } from "./aws-lambda.ts";
import { azureFunctions } from "./azure-functions.ts";
import { echo } from "./echo.ts";
import { openfunction } from "./openfunction.ts";
import { openwhisk } from "./openwhisk.ts";
import { requestId } from "./request-id.ts";
import { serverlessPostFunction } from "./serverless-post-function.ts";
import { serverlessPreFunction } from "./serverless-pre-function.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  awsLambda,
  azureFunctions,
  echo,
  openfunction,
  openwhisk,
  requestId,
  serverlessPostFunction,
  serverlessPreFunction,
];

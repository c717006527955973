/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { awsLambda } from "./aws-lambda.ts";
import { azureFunctions } from "./azure-functions.ts";
import { echo } from "./echo.ts";
import { openfunction } from "./openfunction.ts";
import { openwhisk } from "./openwhisk.ts";
import { requestId } from "./request-id.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  awsLambda,
  azureFunctions,
  echo,
  openfunction,
  openwhisk,
  requestId,
];

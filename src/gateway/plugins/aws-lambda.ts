/** `aws-lambda`: forwards to a function of AWS, with an API key or signed with version 4. */
import { amzDate, type Signer, sign } from "./lib/aws-signature.ts";
import { genericUpstream } from "./lib/generic-upstream.ts";

export type AwsAuthorization = { readonly apikey?: string; readonly iam?: Signer };

export const awsLambda = genericUpstream<AwsAuthorization>({
  name: "aws-lambda",
  priority: -1899,
  authorization: {
    type: "object",
    properties: {
      apikey: { type: "string" },
      iam: {
        type: "object",
        properties: {
          accesskey: { type: "string", description: "id of the access key" },
          secretkey: { type: "string", description: "the secret of the access key" },
          aws_region: {
            type: "string",
            default: "us-east-1",
            description: "the region that receives the request",
          },
          service: {
            type: "string",
            default: "execute-api",
            description: "the service that receives the request",
          },
        },
        required: ["accesskey", "secretkey"],
      },
    },
  },
  encryptFields: [
    "authorization.apikey",
    "authorization.iam.accesskey",
    "authorization.iam.secretkey",
  ],
  authorize: ({ authorization }, request, { now }) => {
    const { headers } = request;
    const { apikey, iam } = authorization ?? {};
    if (apikey !== undefined && !headers.has("x-api-key")) {
      headers.set("X-Api-Key", apikey);
      return undefined;
    }
    if (headers.has("authorization") || iam === undefined) return undefined;
    const date = amzDate(now());
    headers.set("X-Amz-Date", date);
    const signed = sign(iam, request, date);
    headers.set("Authorization", signed.authorization);
    return signed.query === "" ? "" : `?${signed.query}`;
  },
});

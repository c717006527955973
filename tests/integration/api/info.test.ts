import { describe, expect, test } from "vitest";
import { createInfoReplies } from "../../../src/controller/api/info.ts";
import { createLimitsHandler } from "../../../src/controller/api/limits.ts";
import { listNamespaces } from "../../../src/controller/api/namespaces.ts";
import { createKindTable, defaultManifest } from "../../../src/core/kinds.ts";
import { call } from "../../helpers/api-request.ts";
import { DEFAULT_LIMITS, ORIGINAL_LIMITS } from "../../helpers/limits.ts";

const present = ["nodejs:20"];
const info = createInfoReplies({
  kinds: createKindTable({ manifest: defaultManifest(present), present, historical: true }),
  limits: ORIGINAL_LIMITS,
  version: "0.1.0",
  build: { date: "2026-11-20", number: "1" },
  isolation: "bwrap",
  network: "host",
});

describe("what anybody may read", () => {
  test("at /", () => {
    const image = (version: number): string => `openwhisk/action-nodejs-v${version}:nightly`;
    const flags = { deprecated: false, attached: true, requireMain: false };
    expect(JSON.parse(info.root.body)).toEqual({
      description: "OpenWhisk",
      support: {
        github: "https://github.com/apache/openwhisk/issues",
        slack: "http://slack.openwhisk.org",
      },
      api_paths: ["/api/v1"],
      limits: {
        actions_per_minute: 60,
        triggers_per_minute: 60,
        concurrent_actions: 30,
        sequence_length: 50,
        default_min_action_duration: 100,
        default_max_action_duration: 300000,
        default_min_action_memory: 134217728,
        default_max_action_memory: 536870912,
        default_min_action_logs: 0,
        default_max_action_logs: 10485760,
        min_action_duration: 100,
        max_action_duration: 300000,
        min_action_memory: 134217728,
        max_action_memory: 536870912,
        min_action_logs: 0,
        max_action_logs: 10485760,
      },
      runtimes: {
        nodejs: [
          { kind: "nodejs:18", image: image(18), default: false, ...flags },
          { kind: "nodejs:20", image: image(20), default: true, ...flags },
        ],
      },
      meringue: { version: "0.1.0", isolation: "bwrap", network: "host" },
    });
  });

  test("at /api/v1", () => {
    expect(JSON.parse(info.api.body)).toEqual({
      description: "OpenWhisk API",
      api_version: "1.0.0",
      api_version_path: "v1",
      build: "2026-11-20",
      buildno: "1",
      swagger_paths: { ui: "/docs", "api-docs": "/api-docs" },
    });
  });

  test("at /api/v1/api-docs: every reference leads somewhere, every id is there once", () => {
    const docs = JSON.parse(info.apiDocs.body);
    const references = [...info.apiDocs.body.matchAll(/"#\/definitions\/(\w+)"/g)];
    const names = new Set(references.map(([, name]) => name));
    expect([...names].sort()).toEqual(Object.keys(docs.definitions).sort());
    const ids = [...info.apiDocs.body.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      "getAllNamespaces",
      "getAllActions",
      "getActionByName",
      "updateAction",
      "deleteAction",
      "invokeAction",
      "getActivations",
      "getActivationById",
      "getActivationLogs",
      "getActivationResult",
      "getAllTriggers",
      "getAllRules",
      "getAllPackages",
      "getLimits",
    ]);
    const { parameters } = docs.paths["/namespaces/{namespace}/actions/{actionName}"].get;
    expect(parameters).toEqual([
      { name: "namespace", in: "path", required: true, type: "string" },
      { name: "actionName", in: "path", required: true, type: "string" },
      { name: "code", in: "query", type: "boolean" },
    ]);
  });
});

test("a key has one namespace", async () => {
  expect(await call(async ({ identity }) => listNamespaces(identity))).toEqual({
    status: 200,
    body: ["guest"],
  });
});

describe("limits", () => {
  const original = {
    invocationsPerMinute: 60,
    concurrentInvocations: 30,
    firesPerMinute: 60,
    minActionMemory: 128,
    maxActionMemory: 512,
    minActionLogs: 0,
    maxActionLogs: 10,
    minActionTimeout: 100,
    maxActionTimeout: 300000,
    minActionConcurrency: 1,
    maxActionConcurrency: 1,
    maxParameterSize: "1048576 B",
    maxActionInstances: 30,
  };
  const limits = createLimitsHandler(ORIGINAL_LIMITS);

  test.each([[[]], [[""]]])("of a namespace without any of its own: %j", async (rest) => {
    expect(await call(limits, { rest })).toEqual({ status: 200, body: original });
  });

  test("that a namespace has of its own", async () => {
    const own = {
      concurrentInvocations: 5,
      maxActionTimeout: 900000,
      maxActionMemory: 256,
      allowedKinds: ["nodejs:20"],
      storeActivations: false,
      maxPayloadSize: "10 KB",
      maxParameterSize: "1 KB",
    };
    expect((await call(limits, { limits: own })).body).toEqual({
      ...original,
      concurrentInvocations: 5,
      maxActionInstances: 5,
      maxActionMemory: 256,
      allowedKinds: ["nodejs:20"],
      storeActivations: false,
      maxPayloadSize: "10 KB",
      maxParameterSize: "1024 B",
    });
  });

  test("of ours are numbers that clients can read", async () => {
    const { body } = await call(createLimitsHandler(DEFAULT_LIMITS));
    expect(body).toMatchObject({ invocationsPerMinute: 2147483647, maxActionConcurrency: 500 });
  });

  test("below are refused", async () => {
    expect(await call(limits, { rest: ["x"] })).toEqual({
      status: 400,
      body: "Inner entity level routes for limits are not yet implemented.",
    });
  });
});

import { describe, expect, test } from "vitest";
import { annotationsText, sharedAnnotations } from "../../../src/core/activation.ts";
import type { ActivationParts } from "../../../src/core/activation-format.ts";
import type { Identity } from "../../../src/core/documents.ts";
import {
  activationEvent,
  metricEvent,
  userDefinedStatusCode,
} from "../../../src/core/user-events.ts";
import { fc } from "../../helpers/property.ts";

const USER: Identity = {
  subject: "alice",
  namespace: { name: "space", uuid: "uuid-of-space" },
  authkey: "uuid-of-space:secret",
  limits: {},
};

const ACTIVATION: ActivationParts = {
  activationId: "a".repeat(32),
  namespace: "space",
  name: "hello",
  version: "0.0.1",
  subject: "alice",
  start: 1000,
  end: 1045,
  duration: 45,
  annotations: annotationsText(
    sharedAnnotations({
      id: "guest/pkg/hello",
      kind: "nodejs:20",
      limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    }),
    { timedOut: false, waitTime: 12, initTime: 30, causedBy: undefined, binding: undefined },
  ),
  statusCode: 1,
  result: '{"error":{"statusCode":404}}',
  size: 28,
  logs: ["never told"],
};

describe("an activation", () => {
  test("is told in the original's JSON, member by member", () => {
    expect(JSON.stringify(activationEvent(ACTIVATION, USER, 5))).toBe(
      JSON.stringify({
        source: "invoker0",
        body: {
          name: "guest/pkg/hello",
          activationId: "a".repeat(32),
          statusCode: 1,
          duration: 45,
          waitTime: 12,
          initTime: 30,
          kind: "nodejs:20",
          conductor: false,
          memory: 256,
          size: 28,
          userDefinedStatusCode: 404,
        },
        subject: "alice",
        namespace: "space",
        userId: "uuid-of-space",
        eventType: "Activation",
        timestamp: 5,
      }),
    );
  });

  test("never carries a key, a result or logs", () => {
    const text = JSON.stringify(activationEvent({ ...ACTIVATION, result: '{"x":"y"}' }, USER, 5));
    for (const hidden of ["secret", '"x"', "never told"]) expect(text).not.toContain(hidden);
  });

  test.each([
    [[{ key: "path", value: "a/b" }], undefined],
    [[{ key: "kind", value: "sequence" }], undefined],
    [
      [
        { key: "path", value: "a/b" },
        { key: "kind", value: "sequence" },
        { key: "causedBy", value: "sequence" },
        { key: "conductor", value: true },
      ],
      { source: "controller0", conductor: true, causedBy: "sequence", memory: 0, waitTime: 0 },
    ],
  ])("%j", (annotations, wanted) => {
    const parts = { ...ACTIVATION, annotations: JSON.stringify(annotations) };
    const event = activationEvent(parts, USER, 5);
    const { source, ...body } = wanted ?? {};
    if (wanted === undefined) expect(event).toBeUndefined();
    else expect(event).toMatchObject({ source, body });
  });
});

describe("the status code that an action gives", () => {
  test.each([
    ["{}", undefined],
    ['{"statusCode":201}', 201],
    ['{"statusCode":201,"error":{"statusCode":500}}', 500],
    ['{"statusCode":201,"error":"text"}', 201],
    ['{"statusCode":"404"}', 404],
    ['{"statusCode":404.7}', 404],
    ['{"statusCode":"not found"}', 400],
    ['{"statusCode":null}', 400],
    ['{"error":{"statusCode":null},"statusCode":1}', 400],
    ['{"body":{"statusCode":201}}', undefined],
    ['[{"statusCode":201}]', undefined],
  ])("%s: %s", (result, code) => {
    expect(userDefinedStatusCode(result)).toBe(code);
  });

  test("is a whole number of 32 bits for any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const code = userDefinedStatusCode(JSON.stringify({ statusCode: value }));
        expect(code === (code ?? 0) && code === (code | 0)).toBe(true);
      }),
    );
  });
});

test("a decision of a throttle is told in the original's JSON", () => {
  expect(JSON.stringify(metricEvent("ConcurrentRateLimit", 1, USER, 7))).toBe(
    '{"source":"controller0","body":{"metricName":"ConcurrentRateLimit","metricValue":1},' +
      '"subject":"alice","namespace":"space","userId":"uuid-of-space","eventType":"Metric",' +
      '"timestamp":7}',
  );
});

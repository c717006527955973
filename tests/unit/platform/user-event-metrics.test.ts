import { describe, expect, test } from "vitest";
import type { Identity } from "../../../src/core/documents.ts";
import {
  type ActivationEvent,
  metricEvent,
  type UserEvent,
} from "../../../src/core/user-events.ts";
import { ACTIONS_MAX, UserEventMetrics } from "../../../src/platform/user-event-metrics.ts";

const USER: Identity = {
  subject: "alice",
  namespace: { name: "caller", uuid: "u" },
  authkey: "u:k",
  limits: {},
};

function event(body: Partial<ActivationEvent>): UserEvent {
  return {
    source: "invoker0",
    body: {
      name: "guest/pkg/hello",
      activationId: "a",
      statusCode: 0,
      duration: 40,
      waitTime: 7,
      initTime: 0,
      kind: "nodejs:20",
      conductor: false,
      memory: 256,
      ...body,
    },
    subject: "alice",
    namespace: "caller",
    userId: "u",
    eventType: "Activation",
    timestamp: 1,
  };
}

async function linesOf(metrics: UserEventMetrics, name: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

const LABELS = 'namespace="guest",initiator="caller",action="pkg/hello"';

describe("metrics of actions", () => {
  test("have the original's names and labels", async () => {
    const metrics = new UserEventMetrics(1000);
    metrics.consume([
      event({ initTime: 30, size: 150, userDefinedStatusCode: 404 }),
      event({ statusCode: 3 }),
    ]);
    const wanted: Record<string, string[]> = {
      openwhisk_action_activations_total: [`{${LABELS},kind="nodejs:20",memory="256"} 2`],
      openwhisk_action_coldStarts_total: [`{${LABELS}} 1`],
      openwhisk_action_memory: [`{${LABELS}} 256`],
      openwhisk_action_status: [
        `{${LABELS},status="success"} 1`,
        `{${LABELS},status="whisk_internal_error"} 1`,
      ],
      openwhisk_action_status_code: [`{${LABELS},status_code="404"} 1`],
      openwhisk_action_waitTime_seconds_sum: [`{${LABELS}} 0.014`],
      openwhisk_action_duration_seconds_count: [`{${LABELS}} 2`],
      openwhisk_action_initTime_seconds_sum: [`{${LABELS}} 0.03`],
      openwhisk_action_response_size_bytes_sum: [`{${LABELS}} 150`],
    };
    for (const [name, lines] of Object.entries(wanted)) {
      expect(await linesOf(metrics, name)).toEqual(lines.map((line) => name + line));
    }
    const buckets = await linesOf(metrics, "openwhisk_action_response_size_bytes_bucket");
    expect(buckets).toHaveLength(11);
    expect(buckets[1]).toContain('le="200"');
  });

  test("of throttles go by namespace", async () => {
    const metrics = new UserEventMetrics(1000);
    metrics.consume([
      metricEvent("ConcurrentInvocations", 3, USER, 1),
      metricEvent("ConcurrentRateLimit", 1, USER, 1),
      metricEvent("TimedRateLimit", 1, USER, 1),
      metricEvent("TimedRateLimit", 1, USER, 1),
    ]);
    expect(await linesOf(metrics, "openwhisk_action_limit_concurrent_total")).toEqual([
      'openwhisk_action_limit_concurrent_total{namespace="caller"} 1',
    ]);
    expect(await linesOf(metrics, "openwhisk_action_limit_timed_total")).toEqual([
      'openwhisk_action_limit_timed_total{namespace="caller"} 2',
    ]);
  });

  test("are bounded: what comes later shares one, odd status codes too", async () => {
    const metrics = new UserEventMetrics(1000);
    const many = Array.from({ length: ACTIONS_MAX + 2 }, (_, at) =>
      event({ name: `guest/a${at}` }),
    );
    metrics.consume(many);
    metrics.consume([event({ name: "guest/a0", userDefinedStatusCode: 7777 })]);
    const lines = await linesOf(metrics, "openwhisk_action_activations_total");
    expect(lines).toHaveLength(ACTIONS_MAX + 1);
    expect(lines.filter((line) => line.includes('action="(other)"'))).toEqual([
      expect.stringMatching(/ 2$/),
    ]);
    expect(await linesOf(metrics, "openwhisk_action_status_code")).toEqual([
      expect.stringContaining('status_code="(other)"'),
    ]);
  });
});

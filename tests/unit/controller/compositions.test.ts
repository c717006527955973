/** Compositions over code that answers as told: waits, failures and bounds. */
import { describe, expect, test } from "vitest";
import {
  COMPOSITIONS_MAX,
  Compositions,
} from "../../../src/controller/service/composition/compositions.ts";
import type { PartOutcome, PartRequest } from "../../../src/controller/service/composition/part.ts";
import type { InvokeOutcome } from "../../../src/controller/service/invocation.ts";
import type { ActionDocument, Identity } from "../../../src/core/documents.ts";
import { refId } from "../../../src/core/entity-ref.ts";
import { PlatformError } from "../../../src/core/errors.ts";
import { type Invocable, invocable } from "../../../src/core/executable-action.ts";
import { ActivationRecorder } from "../../../src/store/activation-recorder.ts";
import type { AcceptedInvocation, ActivationRow } from "../../../src/store/store.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const identity: Identity = {
  subject: "guest",
  namespace: { name: "guest", uuid: "u" },
  authkey: "u:k",
  limits: {},
};
const common = {
  entityType: "action",
  namespace: "guest",
  version: "0.0.1",
  publish: false,
  updated: 0,
  parameters: [],
  limits: { timeout: 1000, memory: 256, logs: 10, concurrency: 1 },
} as const;

function sequence(name: string, ...components: string[]): Invocable {
  const exec = { kind: "sequence", components } as const;
  const document: ActionDocument = { ...common, name, annotations: [], exec };
  return invocable(`guest/${name}`, document, "1-a", "");
}

function code(name: string, isConductor = false): Invocable {
  const exec = {
    kind: "nodejs:20",
    code: { attachmentName: "x", attachmentType: "text/plain", length: 1, digest: "sha256-0" },
    binary: false,
  };
  const annotations = [{ key: "conductor", value: isConductor }];
  const document: ActionDocument = { ...common, name, annotations, exec };
  return invocable(`guest/${name}`, document, "1-a", "nodejs:20");
}

type Answer = (request: PartRequest) => PartOutcome | Promise<PartOutcome>;

function setUp(actions: readonly Invocable[], answer: Answer, runningMax = 10) {
  const rows: ActivationRow[] = [];
  const accepted: AcceptedInvocation[] = [];
  const started: string[] = [];
  const acceptedStore = {
    put: async (invocation: AcceptedInvocation) => void accepted.push(invocation),
    start: async (id: string) => void started.push(id),
    remove: async () => undefined,
    has: async () => false,
    unfinished: async () => [],
  };
  const recorder = new ActivationRecorder(
    {
      put: (row) => rows.push(row),
      flush: async () => undefined,
      get: async () => undefined,
      list: async () => [],
      count: async () => 0,
    },
    acceptedStore,
    () => undefined,
  );
  const compositions = new Compositions(
    {
      find: async (_, ref) => {
        const action = actions.find(({ id }) => id === refId(ref));
        if (action === undefined) throw new PlatformError("NOT_FOUND");
        return action;
      },
      code: async (request) => answer(request),
      recorder,
      accepted: acceptedStore,
    },
    { lengthMax: 3, runningMax, holdReplies: false },
  );
  const invoke = (action: Invocable, options: { blocking?: boolean; waitMs?: number } = {}) =>
    new Promise<InvokeOutcome>((resolve) =>
      compositions.start(
        {
          transid: { id: "t", start: Date.now() },
          identity,
          action,
          content: "{}",
          blocking: options.blocking ?? true,
          waitMs: options.waitMs ?? 60_000,
        },
        resolve,
      ),
    );
  return { compositions, invoke, rows, accepted, started };
}

const ended = (result: string, statusCode: 0 | 1 = 0): PartOutcome => ({
  type: "ended",
  activationId: "a".repeat(32),
  response: { statusCode, result },
  duration: 5,
  memory: 128,
});

const documentOf = (row: ActivationRow | undefined) => JSON.parse(row?.document ?? "{}");

describe("a sequence", () => {
  test("a component whose result does not come in time", async () => {
    const activationId = "b".repeat(32);
    const { invoke, rows } = setUp([code("a")], () => ({ type: "timeout", activationId }));
    await invoke(sequence("s", "/_/a", "/_/a"));
    expect(documentOf(rows[0])).toMatchObject({
      response: {
        statusCode: 3,
        result: {
          error: `Timeout reached when retrieving activation ${activationId} for sequence component.`,
        },
      },
      logs: [activationId],
    });
  });

  test("a component that could not be invoked", async () => {
    const { invoke, rows } = setUp([code("a")], () => ({ type: "failed" }));
    await invoke(sequence("s", "/_/a"));
    expect(documentOf(rows[0]).response).toEqual({
      statusCode: 3,
      result: { error: "Sequence failed." },
    });
  });

  test("runs as many actions as the limit says", async () => {
    const { invoke, rows } = setUp([code("a")], () => ended("{}"));
    await invoke(sequence("s", "/_/a", "/_/a", "/_/a"));
    expect(documentOf(rows[0])).toMatchObject({ response: { statusCode: 0 }, duration: 15 });
  });

  test("and not one more", async () => {
    const { invoke, rows } = setUp([code("a")], () => ended("{}"));
    await invoke(sequence("s", "/_/a", "/_/a", "/_/a", "/_/a"));
    expect(documentOf(rows[0]).response.result).toEqual({
      error: "Too many actions in the sequence.",
    });
    expect(documentOf(rows[0]).logs).toHaveLength(3);
  });

  test("that comes back to itself through a conductor ends", async () => {
    const loop = sequence("s", "/_/c");
    const { invoke, rows } = setUp([loop, code("c", true)], () => ended('{"action":"s"}'));
    await invoke(loop);
    const ran = rows.filter((row) => documentOf(row).logs.length > 0);
    expect(ran).toHaveLength(COMPOSITIONS_MAX);
    expect(documentOf(rows[0]).response.result).toEqual({
      error: "Too many actions in the sequence.",
    });
  });
});

describe("a composition", () => {
  test("a conductor that could not be invoked", async () => {
    const { invoke, rows } = setUp([], () => ({ type: "failed" }));
    await invoke(code("c", true));
    expect(documentOf(rows[0]).response.result).toEqual({
      error: "Activation failure during composition.",
    });
  });

  test("a component whose result does not come in time", async () => {
    const activationId = "b".repeat(32);
    const { invoke, rows } = setUp([code("a")], ({ action }) =>
      action.name === "c" ? ended('{"action":"a"}') : { type: "timeout", activationId },
    );
    await invoke(code("c", true));
    expect(documentOf(rows[0])).toMatchObject({
      response: {
        statusCode: 3,
        result: {
          error: `Timeout reached when retrieving activation ${activationId} during composition.`,
        },
      },
      logs: ["a".repeat(32), activationId],
    });
  });
});

describe("the promise behind a 202", () => {
  test("non-blocking: accepted before the answer, marked before the first component", async () => {
    const seen: string[] = [];
    const { invoke, rows, accepted, started } = setUp([code("a")], () => {
      seen.push(...started);
      return ended("{}");
    });
    const outcome = await invoke(sequence("s", "/_/a"), { blocking: false });
    expect(accepted).toHaveLength(1);
    expect(outcome).toEqual({ type: "accepted", activationId: accepted[0]?.activationId });
    await waitFor("the record", () => rows.length === 1);
    expect(seen).toEqual([accepted[0]?.activationId]);
    expect(rows[0]?.accepted).toBe(true);
  });

  test("a wait that ends before: accepted as begun, and goes on", async () => {
    const gate = Promise.withResolvers<PartOutcome>();
    const { invoke, rows, accepted } = setUp([code("a")], () => gate.promise);
    const outcome = await invoke(sequence("s", "/_/a"), { waitMs: 1 });
    expect(outcome).toEqual({ type: "accepted", activationId: accepted[0]?.activationId });
    expect(accepted[0]?.started).toBe(true);
    gate.resolve(ended('{"n":1}'));
    await waitFor("the record", () => rows.length === 1);
    expect(rows[0]?.accepted).toBe(true);
  });

  test("as many at once as the limit says", async () => {
    const gate = Promise.withResolvers<PartOutcome>();
    const { invoke, compositions } = setUp([code("a")], () => gate.promise, 1);
    const first = invoke(sequence("s", "/_/a"));
    expect(await invoke(sequence("s", "/_/a"))).toMatchObject({
      type: "failed",
      error: { code: "OVERLOADED" },
    });
    gate.resolve(ended("{}"));
    await first;
    expect(compositions.running).toBe(0);
  });

  test("are quiet when the last one has ended, not between two of its parts", async () => {
    const gates = [1, 2].map(() => Promise.withResolvers<PartOutcome>());
    let runs = 0;
    const { invoke, compositions, rows } = setUp([code("a")], () => {
      runs += 1;
      return gates[runs - 1]?.promise ?? ended("{}");
    });
    await compositions.quiet();
    const posted = invoke(sequence("s", "/_/a", "/_/a"), { blocking: false });
    let isQuiet = false;
    const quiet = compositions.quiet().then(() => {
      isQuiet = true;
    });
    await posted;
    await waitFor("the first part", () => runs === 1);
    gates[0]?.resolve(ended("{}"));
    await waitFor("the second part", () => runs === 2);
    expect(isQuiet).toBe(false);
    gates[1]?.resolve(ended("{}"));
    await quiet;
    expect(rows).toHaveLength(1);
    expect(compositions.running).toBe(0);
  });
});

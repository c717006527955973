import { describe, expect, test } from "vitest";
import type { Identity } from "../../../src/core/documents.ts";
import { ContainerPool } from "../../../src/invoker/container-pool.ts";
import { Invoker } from "../../../src/invoker/invoker.ts";
import { ActivationRecorder } from "../../../src/store/activation-recorder.ts";
import type {
  AcceptedInvocation,
  AcceptedStore,
  ActivationRow,
  ActivationStore,
} from "../../../src/store/store.ts";
import { FakeDriver } from "../../helpers/fake-driver.ts";
import { makeJob } from "../../helpers/jobs.ts";

type Left = {
  readonly started: boolean;
  readonly owner: Identity | undefined;
  readonly message?: string;
};
const NOTHING_LEFT: Left = { started: false, owner: undefined };

/** An invoker that finds one accepted activation of the last run of the program. */
function setUp({ started, owner, message }: Left) {
  const job = makeJob({ accepted: true });
  const left: AcceptedInvocation = {
    activationId: job.message.activationId,
    accepted: 1,
    started,
    message:
      message ?? JSON.stringify({ ...job.message, user: { ...job.message.user, authkey: "" } }),
  };
  const rows: ActivationRow[] = [];
  const removed: string[] = [];
  const puts: PromiseWithResolvers<void>[] = [];
  const driver = new FakeDriver();
  const pool = new ContainerPool(
    {
      driver,
      loadCode: () => Promise.resolve("code"),
      markStarted: () => Promise.resolve(),
      finish: (ended, result) => invoker.finish(ended, result),
    },
    {
      memoryMb: 1024,
      idleTimeoutMs: 600_000,
      waitMsMax: 60_000,
      stemCells: [],
      startsMax: 4,
      limits: { responseBytesMax: 1000, truncationBytes: 1000 },
      log: () => undefined,
    },
  );
  const activations: ActivationStore = {
    put: (row) => rows.push(row),
    flush: () => Promise.resolve(),
    get: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    count: () => Promise.resolve(0),
  };
  const accepted: AcceptedStore = {
    put: () => {
      const put = Promise.withResolvers<void>();
      puts.push(put);
      return put.promise;
    },
    start: () => Promise.resolve(),
    remove: async (id) => void removed.push(id),
    has: () => Promise.resolve(false),
    unfinished: () => Promise.resolve([left]),
  };
  const invoker = new Invoker(
    {
      pool,
      recorder: new ActivationRecorder(activations, accepted, () => undefined),
      accepted,
      peekAction: () => undefined,
      loadAction: () => Promise.resolve(job.action),
      resumeComposition: () => Promise.resolve(false),
      loadIdentity: () => Promise.resolve(owner),
      unlock: (content) => {
        if (content.includes("lost")) throw new Error("no key");
        return content.replace("locked", "open");
      },
    },
    { jobsMax: 2, bytesMax: 1000, holdReplies: false, log: () => undefined },
  );
  const statusCodes = () =>
    rows.map(({ document }) => {
      const { response } = JSON.parse(document) as { response: { statusCode: number } };
      return response.statusCode;
    });
  return { invoker, pool, driver, rows, removed, puts, statusCodes };
}

describe("what the last run of the program had accepted", () => {
  const { user } = makeJob().message;

  test("is given up when its record is damaged, and does not stop the start", async () => {
    for (const message of ["{", '"text"', "{}"]) {
      const { invoker, rows, removed } = setUp({ started: true, owner: user, message });
      expect(await invoker.recover()).toEqual({ resumed: 0, lost: 1 });
      expect([rows.length, removed.length]).toEqual([0, 1]);
    }
  });

  test("is run when it had not begun", async () => {
    const { invoker, driver, pool, rows } = setUp({ started: false, owner: user });
    expect(await invoker.recover()).toEqual({ resumed: 1, lost: 0 });
    expect(driver.containers).toHaveLength(1);
    expect(rows).toEqual([]);
    pool.stop();
  });

  test("is recorded as a whisk error when it had begun", async () => {
    const { invoker, driver, rows, statusCodes } = setUp({ started: true, owner: user });
    expect(await invoker.recover()).toEqual({ resumed: 0, lost: 1 });
    expect(driver.containers).toEqual([]);
    expect(statusCodes()).toEqual([3]);
    expect(rows[0]).toMatchObject({ namespace: "guest", accepted: true });
  });

  test("is recorded, too, when its owner or the owner's key is gone", async () => {
    const { invoker, driver, rows, removed, statusCodes } = setUp({
      started: false,
      owner: undefined,
    });
    expect(await invoker.recover()).toEqual({ resumed: 0, lost: 1 });
    expect(driver.containers).toEqual([]);
    expect(statusCodes()).toEqual([3]);
    expect(rows[0]).toMatchObject({ namespace: "guest", accepted: true });
    expect(removed).toEqual([]);
  });
});

describe("room for more", () => {
  const post = (invoker: Invoker, content = "{}") =>
    invoker.post({ ...makeJob().message, content }, () => undefined);

  test("counts what is on its way to the disk", async () => {
    const { invoker, pool, puts } = setUp(NOTHING_LEFT);
    const posts = [post(invoker), post(invoker)];
    expect(invoker.hasRoom(2)).toBe(false);
    for (const put of puts) put.resolve();
    await Promise.all(posts);
    expect(invoker.inFlight).toBe(2);
    pool.stop();
  });

  test("comes back when the disk refuses", async () => {
    const { invoker, puts } = setUp(NOTHING_LEFT);
    const posted = post(invoker, "x".repeat(1000));
    expect(invoker.hasRoom(1)).toBe(false);
    puts[0]?.reject(new Error("full"));
    await expect(posted).rejects.toThrow("full");
    expect(invoker.hasRoom(1000)).toBe(true);
  });
});

describe("locked arguments", () => {
  const message = (content: string) => ({
    ...makeJob().message,
    content,
    lockedArgs: { a: "aes-128" },
  });

  test("that no key opens end in a whisk error, and nothing runs", async () => {
    const { invoker, driver, statusCodes } = setUp(NOTHING_LEFT);
    const done = Promise.withResolvers<unknown>();
    invoker.send(message('{"a":"lost"}'), done.resolve);
    await done.promise;
    expect(statusCodes()).toEqual([3]);
    expect(driver.containers).toEqual([]);
    expect(invoker.inFlight).toBe(0);
  });
});

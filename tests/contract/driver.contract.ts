/**
 * What every container driver must do for every Node.js and Python it offers: the runtime contract
 * of openwhisk-execution.md a.1–a.4, as far as it can be seen through `Container`.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  STREAM_CHUNK_BYTES_MAX,
  STREAM_WINDOW_BYTES,
  type StreamReader,
  type StreamSource,
} from "../../src/core/result-stream.ts";
import { tarGz, zip } from "../helpers/actions/archives.ts";
import * as node from "../helpers/actions/nodejs.ts";
import * as python from "../helpers/actions/python.ts";
import { type Harness, logTexts, outcome, type StartedReply, started } from "./driver-harness.ts";

export type ContractOptions = {
  readonly title: string;
  readonly make: () => Harness;
  readonly nodeKinds: readonly string[];
  readonly pythonKinds: readonly string[];
};

export function driverContract({ title, make, nodeKinds, pythonKinds }: ContractOptions): void {
  describe(`driver contract: ${title}`, () => {
    let harness: Harness;
    beforeAll(async () => {
      harness = make();
      await harness.driver.start();
    });
    afterAll(() => harness.stop());

    for (const kind of nodeKinds) {
      describe(kind, () => {
        lifetime(() => harness, kind, node.ECHO);
        nodeCode(() => harness, kind);
        nodeOutcomes(() => harness, kind);
        nodeLogs(() => harness, kind);
        nodeConcurrency(() => harness, kind);
        streams(() => harness, kind, NODE_PARTS);
      });
    }
    for (const kind of pythonKinds) {
      describe(kind, () => {
        lifetime(() => harness, kind, python.ECHO);
        pythonCode(() => harness, kind);
        pythonOutcomes(() => harness, kind);
        streams(() => harness, kind, PYTHON_PARTS);
      });
    }
  });
}

/** Gives `count` parts of `bytes` bytes, which may fail at the end. */
const NODE_PARTS = `function* parts({ count, bytes, fails }) {
  for (let part = 0; part < count; part += 1) yield "x".repeat(bytes);
  if (fails) throw new Error("boom");
}
function main(args) { return { statusCode: 201, body: parts(args) }; }`;
const PYTHON_PARTS = `def parts(args):
    for part in range(args["count"]):
        yield "x" * args["bytes"]
    if args.get("fails"):
        raise ValueError("boom")
def main(args):
    return {"statusCode": 201, "body": parts(args)}`;

function streams(get: Get, kind: string, code: string): void {
  /** What a reader sees of one run; `grants` says whether it takes what comes. */
  const read = async (value: object, grants: boolean, stopAt = Infinity) => {
    const { action } = await get().start(kind, { code });
    let head = "";
    let bytes = 0;
    let source: StreamSource | undefined;
    const stalled = Promise.withResolvers<void>();
    const reader: StreamReader = {
      begin: (_id, text, from) => {
        head = text;
        source = from;
      },
      chunk: (part) => {
        bytes += part.length;
        if (bytes >= STREAM_WINDOW_BYTES) stalled.resolve();
        if (bytes >= stopAt) source?.cancel("client");
        else if (grants) source?.grant(part.length);
      },
    };
    const reply = action.run(value, {}, reader);
    return {
      reply,
      stalled: stalled.promise,
      bytes: () => bytes,
      head: () => head,
      source: () => source,
      close: () => action.container.destroy(),
    };
  };

  test("streams: head, parts in order, and a note as result", async () => {
    const seen = await read({ count: 3, bytes: 200_000 }, true);
    expect(outcome(await seen.reply)).toEqual([
      200,
      { statusCode: 201, stream: { bytes: 600_000, chunks: 3, ended: "done" } },
    ]);
    expect([JSON.parse(seen.head()), seen.bytes()]).toEqual([{ statusCode: 201 }, 600_000]);
    await seen.close();
  });

  test("streams: stand still while nobody takes what came, and go on when granted", async () => {
    const seen = await read({ count: 8, bytes: 100_000 }, false);
    await seen.stalled;
    const held = seen.bytes();
    expect(held).toBeLessThanOrEqual(STREAM_WINDOW_BYTES + STREAM_CHUNK_BYTES_MAX);
    seen.source()?.grant(800_000);
    expect(outcome(await seen.reply)[0]).toBe(200);
    expect(seen.bytes()).toBe(800_000);
    await seen.close();
  });

  test("streams: end when cancelled, also one that stands still", async () => {
    const running = await read({ count: 1e9, bytes: 1000 }, true, 50_000);
    expect(outcome(await running.reply)[1]).toMatchObject({ stream: { ended: "client" } });
    await running.close();
    const still = await read({ count: 1e9, bytes: 1000 }, false);
    await still.stalled;
    still.source()?.cancel("limit");
    expect(outcome(await still.reply)[1]).toMatchObject({ stream: { ended: "limit" } });
    await still.close();
  });

  test("streams: an error in the middle is the result, and is in the logs", async () => {
    const seen = await read({ count: 1, bytes: 10, fails: true }, true);
    const reply = await seen.reply;
    expect(outcome(reply)).toMatchObject([200, { error: expect.anything() }]);
    expect(logTexts(reply).join()).toContain("boom");
    expect(seen.bytes()).toBe(10);
    await seen.close();
  });

  test("streams: not without a reader", async () => {
    const { action } = await get().start(kind, { code });
    const [, result] = outcome(await action.run({ count: 1, bytes: 1 }));
    expect(result).not.toHaveProperty("stream");
    await action.container.destroy();
  });
}

type Get = () => Harness;

function lifetime(get: Get, kind: string, echo: string): void {
  test("runs an action again and again, in order", async () => {
    const { action, reply } = await get().start(kind, { code: echo });
    expect(outcome(reply)[0]).toBe(200);
    expect(outcome(await action.run({ n: 1 }))).toEqual([200, { n: 1 }]);
    // Sent ahead while the first runs: still one after another.
    const replies = await Promise.all([2, 3, 4].map((n) => action.run({ n, text: "äöü €" })));
    expect(replies.map(outcome)).toEqual([2, 3, 4].map((n) => [200, { n, text: "äöü €" }]));
    await action.container.destroy();
  });

  test("takes and gives bodies of more than one read", async () => {
    const text = "x€".repeat(400_000);
    const limits = { responseBytesMax: 4 << 20, truncationBytes: 1 << 20 };
    expect(outcome(await get().once(kind, { code: echo }, { text }, limits))).toEqual([
      200,
      { text },
    ]);
  });

  test("cuts a body that is too long, and tells its true length", async () => {
    const limits = { responseBytesMax: 1000, truncationBytes: 300 };
    const reply = await get().once(kind, { code: echo }, { text: "x".repeat(2000) }, limits);
    expect(reply).toMatchObject({ type: "response", status: 200 });
    if (reply.type !== "response") return;
    expect(Buffer.byteLength(reply.body)).toBe(300);
    expect(reply.bodyBytes).toBeGreaterThan(2000);
  });

  test("a second init is refused", async () => {
    const { action } = await get().start(kind, { code: echo });
    expect(outcome(await action.init({ code: echo }))).toEqual([
      403,
      { error: "Cannot initialize the action more than once." },
    ]);
    await action.container.destroy();
  });

  test("no code is refused", async () => {
    expect(outcome(await get().once(kind, { code: "" }))).toEqual([
      403,
      { error: "Missing main/no code to execute." },
    ]);
  });

  test("a body that is no JSON is refused, and the action goes on", async () => {
    const { action } = await get().start(kind, { code: echo });
    for (const body of ["{", "7"]) {
      const reply = await new Promise<StartedReply>((resolve, reject) =>
        action.container.run("x", body, started(resolve, reject)),
      );
      expect(outcome(reply)[0]).toBe(kind.startsWith("nodejs") ? 500 : 400);
    }
    expect(outcome(await action.run({ n: 1 }))).toEqual([200, { n: 1 }]);
    await action.container.destroy();
  });

  test("open handlers hear of the end; destroy is idempotent", async () => {
    const harness = get();
    const { action } = await harness.start(kind, { code: echo });
    let exits = 0;
    action.container.onExit(() => {
      exits += 1;
    });
    await Promise.all([action.container.destroy(), action.container.destroy()]);
    expect(outcome(await action.run({}))).toEqual(["exited", false]);
    expect(exits).toBe(0);
  });

  test("destroying a container that is still starting ends it", async () => {
    const container = get().create(kind);
    const ready = container.ready.then(
      () => "ready",
      () => "failed",
    );
    await container.destroy();
    expect(await ready).toBe("failed");
  });
}

function nodeCode(get: Get, kind: string): void {
  const ok = { where: "ok" };
  const forms: Record<string, () => Promise<{ code: string | Buffer; main?: string }>> = {
    "a function": async () => ({ code: "function main() { return { where: 'ok' } }" }),
    "a const": async () => ({ code: "const main = () => ({ where: 'ok' })" }),
    "another name": async () => ({
      code: "function other() { return { where: 'ok' } }",
      main: "other",
    }),
    "a dotted name": async () => ({
      code: "const a = { b: () => ({ where: 'ok' }) }",
      main: "a.b",
    }),
    "exports.main": async () => ({ code: "exports.main = () => ({ where: 'ok' })" }),
    "module.exports": async () => ({ code: "module.exports = { main: () => ({ where: 'ok' }) }" }),
    "names that a module has": async () => ({
      code: "const module = 1, exports = 2; function main() { return { where: 'ok' } }",
    }),
    "an async function": async () => ({ code: "async function main() { return { where: 'ok' } }" }),
    "a promise": async () => ({ code: "const main = () => Promise.resolve({ where: 'ok' })" }),
    "an ES module": async () => ({ code: "export function main() { return { where: 'ok' } }" }),
    "an ES module's default": async () => ({ code: "export default () => ({ where: 'ok' })" }),
    "an ES module without export": async () => ({
      code: "import os from 'os'; function main() { return { where: os.EOL && 'ok' } }",
    }),
    "top-level await": async () => ({
      code: "const where = await Promise.resolve('ok'); export const main = () => ({ where })",
    }),
    "dynamic import": async () => ({
      code: "async function main() { return { where: (await import('node:os')).EOL && 'ok' } }",
    }),
    "zip: index.js": async () => ({
      code: zip({
        "index.js": "exports.main = () => ({ where: require('./a') })",
        "a.js": "module.exports='ok'",
      }),
    }),
    "tar.gz: index.js": async () => ({
      code: await tarGz({
        "index.js": "exports.main = () => ({ where: require('./lib/a') })",
        "lib/a.js": "module.exports='ok'",
      }),
    }),
    "zip: package.json": async () => ({
      code: zip({
        "package.json": '{"main":"lib/x.js"}',
        "lib/x.js": "exports.go = () => ({ where: 'ok' })",
      }),
      main: "go",
    }),
    "zip: file.function": async () => ({
      code: zip({ "other.js": "exports.go = { now: () => ({ where: 'ok' }) }" }),
      main: "other.go.now",
    }),
    "zip: npm module inside": async () => ({
      code: zip({
        "package.json": '{"dependencies":{"left":"1"}}',
        "index.js": "const left = require('left'); exports.main = () => ({ where: left() })",
        "node_modules/left/package.json": '{"main":"l.js"}',
        "node_modules/left/l.js": "module.exports = () => 'ok'",
      }),
    }),
    "zip: type module": async () => ({
      code: zip({
        "package.json": '{"type":"module","main":"index.js"}',
        "index.js": "import { where } from './a.js'; export const main = () => ({ where })",
        "a.js": "export const where = 'ok'",
      }),
    }),
    "zip: index.mjs": async () => ({
      code: zip({ "index.mjs": "export async function main() { return { where: 'ok' } }" }),
    }),
    "zip: cwd is the archive": async () => ({
      code: zip({
        "index.js":
          "exports.main = () => ({ where: require('fs').readFileSync('data.txt', 'utf8') })",
        "data.txt": "ok",
      }),
    }),
  };
  for (const [name, make] of Object.entries(forms)) {
    test(`code: ${name}`, async () => {
      expect(outcome(await get().once(kind, await make()))).toEqual([200, ok]);
    });
  }

  test("the openwhisk client is on board, for require and import", async () => {
    const required = "const o = require('openwhisk'); function main() { return { t: typeof o } }";
    expect(outcome(await get().once(kind, { code: required }))).toEqual([200, { t: "function" }]);
    const imported = "import o from 'openwhisk'; export const main = () => ({ t: typeof o });";
    expect(outcome(await get().once(kind, { code: imported }))).toEqual([200, { t: "function" }]);
  });

  const refusals: readonly [string, { code: string | Buffer; main?: string }, string][] = [
    ["no function", { code: "const main = 1" }, "Action entrypoint 'main' is not a function."],
    [
      "neither package.json nor index.js",
      { code: zip({ "a.txt": "" }) },
      "Zipped actions must contain either package.json or index.js at the root.",
    ],
    [
      "broken zip",
      { code: Buffer.from("504b030400000000", "hex") },
      "There was an error uncompressing the action Zip archive.",
    ],
    [
      "broken tar.gz",
      { code: Buffer.from("1f8b080000000000", "hex") },
      "There was an error uncompressing the action Tar GZ archive.",
    ],
    [
      "unknown archive",
      { code: Buffer.from("cafebabe", "hex") },
      "There was an error uncompressing the action archive. The file type is unsupported",
    ],
    [
      "path out of the archive",
      { code: zip({ "../index.js": "" }) },
      "There was an error uncompressing the action Zip archive.",
    ],
    [
      "bad main",
      { code: zip({ "index.js": "" }), main: ".x" },
      "Name of main function is not valid.",
    ],
  ];
  for (const [name, code, text] of refusals) {
    test(`refused: ${name}`, async () => {
      const reply = await get().once(kind, code);
      expect(outcome(reply)).toEqual([502, { error: `Initialization has failed due to: ${text}` }]);
      expect(logTexts(reply).join("\n")).toContain("Error during initialization:");
    });
  }

  test("refused: code that throws, with its stack", async () => {
    const [status, body] = outcome(await get().once(kind, { code: "foo.bar(" }));
    expect(status).toBe(502);
    expect(JSON.stringify(body)).toMatch(/Initialization has failed due to: .*SyntaxError/);
  });
}

function nodeOutcomes(get: Get, kind: string): void {
  const cases: readonly [string, string, number, unknown][] = [
    ["undefined", "function main() {}", 200, {}],
    ["null", "function main() { return null }", 200, null],
    ["array", "function main() { return [1, 2] }", 200, [1, 2]],
    ["error object", "function main() { return { error: 'x', y: 1 } }", 200, { error: "x", y: 1 }],
    [
      "string",
      "function main() { return 'a' }",
      502,
      { error: "The action did not return a dictionary." },
    ],
    [
      "function",
      "function main() { return main }",
      502,
      { error: "The action did not return a dictionary." },
    ],
    [
      "number later",
      "async function main() { return 1 }",
      502,
      { error: "The action did not return a dictionary." },
    ],
    ["throws", node.THROWS, 502, { error: "An error has occurred: Error: boom" }],
    ["throws text", "function main() { throw 'oh' }", 502, { error: "An error has occurred: oh" }],
    ["rejects nothing", "function main() { return Promise.reject() }", 200, { error: {} }],
    ["rejects text", "function main() { return Promise.reject('no') }", 200, { error: "no" }],
    [
      "rejects object",
      "async function main() { throw { a: [1], f() {} } }",
      200,
      { error: { a: [1] } },
    ],
  ];
  for (const [name, code, status, body] of cases) {
    test(`result: ${name}`, async () => {
      expect(outcome(await get().once(kind, { code }))).toEqual([status, body]);
    });
  }

  test("result: a rejected Error keeps name, message and stack", async () => {
    const [status, body] = outcome(await get().once(kind, { code: node.REJECTS }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ error: { name: "TypeError", message: "no" } });
    expect(JSON.stringify(body)).toContain("TypeError: no\\n    at main");
  });

  test("result: a circle is an error, not a crash", async () => {
    const code = "function main() { const a = {}; a.a = a; return a }";
    const [status, body] = outcome(await get().once(kind, { code }));
    expect(status).toBe(502);
    expect(JSON.stringify(body)).toContain("An error has occurred: TypeError: Converting circular");
  });

  for (const concurrency of [1, 4]) {
    test(`after a thrown error nothing runs any more, it is given back (${concurrency})`, async () => {
      const { action } = await get().start(kind, { code: node.THROWS }, { concurrency });
      const failed = action.run({});
      const behind = [2, 3].map(() => action.run({}));
      await Promise.all(behind.map((run) => expect(run).rejects.toThrow("given back")));
      expect(outcome(await failed)[0]).toBe(502);
      await expect(action.run({})).rejects.toThrow("given back");
      await action.container.destroy();
    });
  }

  test("run before init, and with a value that is no dictionary", async () => {
    const { action } = await get().start(kind, { code: node.ECHO });
    expect(outcome(await action.run(null))).toEqual([200, {}]);
    expect(outcome(await action.run("text"))).toEqual([
      403,
      {
        error: "Internal system error: the argument must be a dictionary but has type 'string'.",
      },
    ]);
    await action.container.destroy();
    const container = get().create(kind);
    await container.ready;
    const early = await new Promise((resolve) => container.run("a", "{}", resolve));
    expect(early).toMatchObject({ status: 403, body: '{"error":"System not initialized."}' });
    await container.destroy();
  });

  test("environment: __OW_ names, init parameters, nothing of the platform", async () => {
    const env = { TEXT: "t", NUMBER: 1, NOTHING: null, OBJECT: { a: 1 }, __OW_NAMESPACE: "guest" };
    const { action } = await get().start(kind, { code: node.ENVIRONMENT, env });
    const fields = { namespace: "ns", action_name: "/ns/a", deadline: "12", transaction_id: "t1" };
    const [, seen] = outcome(await action.run({}, fields)) as [unknown, Record<string, string>];
    expect(seen).toMatchObject({
      TEXT: "t",
      NUMBER: "1",
      NOTHING: "",
      OBJECT: '{"a":1}',
      __OW_NAMESPACE: "ns",
      __OW_ACTION_NAME: "/ns/a",
      __OW_DEADLINE: "12",
      __OW_TRANSACTION_ID: "t1",
      __OW_API_HOST: "http://127.0.0.1:3233",
    });
    const own = Object.keys(seen).filter((name) => !name.startsWith("__OW_") && !(name in env));
    const allowed = ["HOME", "LANG", "PATH", "PWD", "TMPDIR"];
    expect(own.filter((name) => !allowed.includes(name))).toEqual([]);
    await action.container.destroy();
  });

  test("the end of the process is told, with what was printed", async () => {
    const { action } = await get().start(kind, { code: node.EXITS });
    const exited = new Promise<void>((resolve) => action.container.onExit(resolve));
    const reply = await action.run({});
    expect(outcome(reply)).toEqual(["exited", false]);
    expect(logTexts(reply)).toEqual(["stdout: last words"]);
    await exited;
    await action.container.destroy();
  });

  test("an uncaught error ends the process, its stack is in the logs", async () => {
    const code =
      "function main() { setTimeout(() => { throw new Error('late') }); return new Promise(() => {}) }";
    const reply = await get().once(kind, { code });
    expect(outcome(reply)).toEqual(["exited", false]);
    expect(logTexts(reply).join("\n")).toContain("stderr: Error: late");
  });

  test("an endless loop is ended by destroy; its logs are kept", async () => {
    const { action } = await get().start(kind, { code: node.SPINS });
    const reply = action.run({}, { activation_id: "a1" });
    await expect.poll(() => action.container.partialLogs("a1").length).toBe(1);
    await action.container.destroy();
    expect(outcome(await reply)).toEqual(["exited", false]);
    expect(logTexts(await reply)).toEqual(["stdout: before"]);
  });

  test("a heap that is full counts as exhausted memory", async () => {
    const code = { code: node.FILLS_HEAP };
    expect(outcome(await get().once(kind, code, {}, { memoryMb: 128 }))).toEqual(["exited", true]);
  });

  test("garbage on the platform's connection ends the container only", async () => {
    const write =
      "require('fs').writeSync(3, Buffer.alloc(100, 255)); return new Promise(() => {})";
    const reply = await get().once(kind, { code: `function main() { ${write} }` });
    expect(outcome(reply)).toEqual(["exited", false]);
  });
}

function nodeLogs(get: Get, kind: string): void {
  test("log lines have time, stream and text, and belong to their activation", async () => {
    const code =
      "console.log('loading'); function main({ n }) { console.log('a\\nb', n); console.error('e'); process.stdout.write('no end'); return {} }";
    const { action, reply } = await get().start(kind, { code });
    expect(reply.logs).toEqual([]);
    const first = await action.run({ n: 1 });
    expect(logTexts(first)).toEqual([
      "stdout: loading",
      "stdout: a",
      "stdout: b 1",
      "stderr: e",
      "stdout: no end",
    ]);
    for (const line of first.logs) {
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr): /);
    }
    expect(logTexts(await action.run({ n: 2 }))).toEqual([
      "stdout: a",
      "stdout: b 2",
      "stderr: e",
      "stdout: no end",
    ]);
    await action.container.destroy();
  });

  test("the log limit holds to the line, with the original's text", async () => {
    const code =
      "function main() { for (let i = 0; i < 5000; i++) console.log('x'.repeat(100)); return {} }";
    const limit = 14 * 1000;
    const reply = await get().once(kind, { code }, {}, { logBytesMax: limit });
    expect(reply.logsTruncated).toBe(true);
    expect(logTexts(reply).at(-1)).toBe(
      `stderr: Logs were truncated because the total bytes size exceeds the limit of ${limit} bytes.`,
    );
    const bytes = reply.logs
      .slice(0, -1)
      .reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(limit - 141);
  });

  test("a log limit of 0 keeps nothing", async () => {
    const code = "console.log(1); function main() { console.log(2); return {} }";
    const reply = await get().once(kind, { code }, {}, { logBytesMax: 0 });
    expect([reply.logs, reply.logsTruncated]).toEqual([[], false]);
  });

  test("what child processes and native code print is there", async () => {
    const code =
      "function main({ n }) { require('child_process').execSync('echo child ' + n, { stdio: 'inherit' }); require('fs').writeSync(2, 'raw ' + n + '\\n'); return {} }";
    const { action } = await get().start(kind, { code });
    for (const n of [1, 2, 3]) {
      const texts = logTexts(await action.run({ n }));
      expect(texts.sort()).toEqual([`stderr: raw ${n}`, `stdout: child ${n}`]);
    }
    await action.container.destroy();
  });

  const direct = {
    "the file functions": "require('fs').writeSync(1, 'raw ' + n + '\\n')",
    "a child process": "require('child_process').execSync('echo raw ' + n, { stdio: 'inherit' })",
  };
  test.each(Object.entries(direct))(
    "what comes past the launcher by %s after a silent start is each run's own",
    async (_how, print) => {
      const code = `function main({ n }) { if (n > 1) ${print}; return { n } }`;
      const { action } = await get().start(kind, { code });
      expect(logTexts(await action.run({ n: 1 }))).toEqual([]);
      // One after another, and sent ahead: what is given back is sent again, alone.
      for (const n of [2, 3])
        expect(logTexts(await action.run({ n }))).toEqual([`stdout: raw ${n}`]);
      const replies = await Promise.allSettled([4, 5, 6].map((n) => action.run({ n })));
      for (const [at, reply] of replies.entries()) {
        if (reply.status === "fulfilled") {
          expect(logTexts(reply.value)).toEqual([`stdout: raw ${at + 4}`]);
        } else expect(String(reply.reason)).toContain("given back");
      }
      await action.container.destroy();
    },
  );

  test("runs sent ahead of the first such output never get another's", async () => {
    const code = `function main({ n }) { ${direct["the file functions"]}; return { n } }`;
    for (let round = 0; round < 5; round += 1) {
      const { action } = await get().start(kind, { code });
      const replies = await Promise.allSettled([1, 2, 3].map((n) => action.run({ n })));
      expect(replies[0]?.status).toBe("fulfilled");
      for (const [at, reply] of replies.entries()) {
        if (reply.status === "fulfilled") {
          expect(logTexts(reply.value)).toEqual([`stdout: raw ${at + 1}`]);
        }
      }
      await action.container.destroy();
    }
  });
}

function nodeConcurrency(get: Get, kind: string): void {
  test("what was sent ahead is given back, the newest first, and what runs goes on", async () => {
    const code = "const main = ({ ms }) => new Promise((done) => setTimeout(done, ms, { ms }))";
    const { action } = await get().start(kind, { code });
    expect(action.container.takesAhead).toBe(true);
    const replies: string[] = [];
    const all = ["first", "second", "third"].map(
      (id, at) =>
        new Promise<void>((resolve) =>
          action.container.run(id, JSON.stringify({ value: { ms: 300 - at } }), (reply) => {
            replies.push(`${id} ${reply.type}`);
            resolve();
          }),
        ),
    );
    action.container.recall();
    await Promise.all(all);
    expect(replies).toEqual(["third unstarted", "second unstarted", "first response"]);
    await action.container.destroy();
  });

  test("a process that dies takes only the run with it that had begun", async () => {
    const code = "const main = ({ die }) => (die ? process.exit(7) : { ok: true })";
    const { action } = await get().start(kind, { code });
    const runs = [{}, { die: true }, {}].map(
      (value, at) =>
        new Promise<string>((resolve) =>
          action.container.run(`run-${at}`, JSON.stringify({ value }), (reply) =>
            resolve(reply.type),
          ),
        ),
    );
    expect(await Promise.all(runs)).toEqual(["response", "exited", "unstarted"]);
    await action.container.destroy();
  });

  test("overlapping activations keep their logs and their environment", async () => {
    const { action } = await get().start(kind, { code: node.CHATTY }, { concurrency: 50 });
    const started = Array.from({ length: 100 }, (_, n) => ({ n, id: `id${n}` }));
    const replies = await Promise.all(
      started.map(({ n, id }) => action.run({ n }, { activation_id: id })),
    );
    for (const { n, id } of started) {
      const reply = replies[n];
      if (reply === undefined) throw new Error(`no reply ${n}`);
      expect(outcome(reply)).toEqual([200, { n, id, has: true }]);
      expect(logTexts(reply)).toEqual([
        `stdout: out ${n}`,
        `stderr: err ${n}`,
        `stdout: part ${n} end`,
      ]);
    }
    await action.container.destroy();
  });

  test("no more run at once than admitted", async () => {
    const code =
      "let now = 0, most = 0; async function main() { most = Math.max(most, ++now); await new Promise((r) => setTimeout(r, 5)); now--; return { most } }";
    for (const concurrency of [1, 3]) {
      const { action } = await get().start(kind, { code }, { concurrency });
      const replies = await Promise.all(Array.from({ length: 9 }, () => action.run({})));
      const most = replies.map((reply) => (outcome(reply)[1] as { most: number }).most);
      expect(Math.max(...most)).toBe(concurrency);
      await action.container.destroy();
    }
  });
}

function pythonCode(get: Get, kind: string): void {
  const ok = "def main(args):\n    return {'where': 'ok'}\n";
  const activate =
    "import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))\n";
  const forms: Record<string, () => Promise<{ code: string | Buffer; main?: string }>> = {
    "a function": async () => ({ code: ok }),
    "another name": async () => ({ code: ok.replace("main", "other"), main: "other" }),
    zip: async () => ({
      code: zip({ "__main__.py": "from helper import main", "helper.py": ok }),
    }),
    "tar.gz": async () => ({ code: await tarGz({ "__main__.py": ok }) }),
    "modules named like the launcher's": async () => ({
      code: zip({
        "__main__.py": "from output import main",
        "output.py": "from action import main",
        "action.py": ok,
      }),
    }),
    virtualenv: async () => ({
      code: zip({
        "__main__.py": "from inside import main",
        "virtualenv/bin/activate_this.py": activate,
        "virtualenv/lib/inside.py": ok,
      }),
    }),
  };
  for (const [name, make] of Object.entries(forms)) {
    test(`code: ${name}`, async () => {
      expect(outcome(await get().once(kind, await make()))).toEqual([200, { where: "ok" }]);
    });
  }

  const NO_BINARY = "The action failed to generate or locate a binary. See logs for details.";
  const NO_START = "Cannot start action. Check logs for details.";
  const refusals: readonly [string, string | Buffer, string, string][] = [
    [
      "virtualenv without activate_this.py",
      zip({ "__main__.py": ok, "virtualenv/bin/python": "" }),
      NO_BINARY,
      "stderr: Invalid virtualenv. Zip file does not include 'activate_this.py'.",
    ],
    [
      "no __main__.py",
      zip({ "other.py": ok }),
      NO_BINARY,
      "stderr: Zip file does not include main__",
    ],
    ["syntax error", "def main(args:\n  pass", NO_BINARY, "stderr: "],
    [
      "no such function",
      "def other(args): pass",
      NO_START,
      "cannot import name 'main' from 'main__'",
    ],
    ["import error", "import nothing_like_that", NO_START, "No module named 'nothing_like_that'"],
  ];
  for (const [name, code, text, log] of refusals) {
    test(`refused: ${name}`, async () => {
      const reply = await get().once(kind, { code });
      expect(outcome(reply)).toEqual([502, { error: text }]);
      expect(logTexts(reply).join("\n")).toContain(log);
    });
  }
}

function pythonOutcomes(get: Get, kind: string): void {
  test("what child processes print after a silent start is each run's own", async () => {
    const code =
      "import os\ndef main(args):\n    if args['n'] > 1:\n        os.system('echo raw %d' % args['n'])\n    return {}\n";
    const { action } = await get().start(kind, { code });
    expect(logTexts(await action.run({ n: 1 }))).toEqual([]);
    for (const n of [2, 3, 4]) {
      expect(logTexts(await action.run({ n }))).toEqual([`stdout: raw ${n}`]);
    }
    await action.container.destroy();
  });

  const bad = { error: "The action did not return a dictionary or array." };
  const cases: readonly [string, string, number, unknown][] = [
    ["array", "return [1, 2]", 200, [1, 2]],
    ["None", "return None", 502, bad],
    ["text", "return 'x'", 502, bad],
    ["NaN", "return {'x': float('nan')}", 502, bad],
    ["not JSON", "return {'x': object()}", 400, { error: "command exited" }],
    ["exception", "raise ValueError('boom')", 200, { error: "boom" }],
    ["exit", "import sys; sys.exit(1)", 400, { error: "command exited" }],
  ];
  for (const [name, body, status, expected] of cases) {
    test(`result: ${name}`, async () => {
      const reply = await get().once(kind, { code: `def main(args):\n    ${body}\n` });
      expect(outcome(reply)).toEqual([status, expected]);
    });
  }

  test("run before init", async () => {
    const container = get().create(kind);
    await container.ready;
    const early = await new Promise((resolve) => container.run("a", "{}", resolve));
    expect(early).toMatchObject({ status: 500, body: '{"error": "no action defined yet"}' });
    await container.destroy();
  });

  test("logs: both streams, loading, child processes, limit", async () => {
    const code = `print('loading')\nimport os\n${python.CHATTY}\n    `;
    const { action } = await get().start(kind, { code });
    expect(logTexts(await action.run({ n: 1 }))).toEqual([
      "stdout: loading",
      "stdout: out 1",
      "stderr: err 1",
      "stdout: no end",
    ]);
    expect(logTexts(await action.run({ n: 2 }))).toEqual([
      "stdout: out 2",
      "stderr: err 2",
      "stdout: no end",
    ]);
    await action.container.destroy();
    const child = "import os\ndef main(args):\n    os.system('echo child')\n    return {}\n";
    expect(logTexts(await get().once(kind, { code: child }))).toEqual(["stdout: child"]);
    const much =
      "def main(args):\n    for i in range(5000):\n        print('x' * 100)\n    return {}\n";
    const reply = await get().once(kind, { code: much }, {}, { logBytesMax: 14_000 });
    // A line has 140 bytes here: the limit holds exactly 100 of them.
    expect([reply.logsTruncated, reply.logs.length]).toEqual([true, 101]);
  });

  test("environment: __OW_ names and init parameters", async () => {
    const { action } = await get().start(kind, { code: python.ENVIRONMENT, env: { A: "b" } });
    const [, seen] = outcome(await action.run({}, { namespace: "ns" }));
    expect(seen).toMatchObject({ A: "b", __OW_NAMESPACE: "ns" });
    await action.container.destroy();
  });

  test("memory that runs out is told", async () => {
    const code = { code: python.ALLOCATES };
    expect(outcome(await get().once(kind, code, {}, { memoryMb: 128 }))).toEqual(["exited", true]);
  });

  test("a function that sleeps shows its logs before it answers", async () => {
    const code = "import time\ndef main(args):\n    print('before')\n    time.sleep(60)\n";
    const { action } = await get().start(kind, { code });
    const reply = action.run({}, { activation_id: "a1" });
    await expect.poll(() => action.container.partialLogs("a1").length).toBe(1);
    await action.container.destroy();
    expect(logTexts(await reply)).toEqual(["stdout: before"]);
  });
}

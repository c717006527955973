/** docs/web-actions.md as its reader follows it, streams over real sockets, and a real browser. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request as open } from "node:http";
import { delimiter, dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiOf } from "../helpers/api.ts";
import { request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { fc } from "../helpers/property.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const STREAM_BYTES_MAX = 1024 * 1024;
const api = apiOf(() => platform.url);
const web = (rest: string): string => `/api/v1/web/guest/default/${rest}`;
const annotations = [
  { key: "web-export", value: true },
  { key: "web-stream", value: true },
];

let platform: TestPlatform;
let home: TempDir;

beforeAll(async () => {
  const args = ["--web-stream-bytes-max", String(STREAM_BYTES_MAX)];
  [platform, home] = await Promise.all([startPlatform({ args }), tempDir("web")]);
});
afterAll(async () => {
  await Promise.all([platform[Symbol.asyncDispose](), home[Symbol.asyncDispose]()]);
});

/** Fenced blocks of a page: language and text. */
function blocks(page: string): { readonly language: string; readonly text: string }[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gmu)].map(
    ([, language = "", body = ""]) => ({
      language,
      text: body,
    }),
  );
}

/** Commands of a console block, each with what it prints. */
function commands(text: string): [command: string, output: string][] {
  return text
    .split(/^\$ /mu)
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf("\n")), entry.slice(entry.indexOf("\n") + 1)]);
}

function bash(command: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return runProgram("bash", ["-c", command.replaceAll("http://127.0.0.1:3233", platform.url)], {
    cwd: home.path,
    env: {
      HOME: home.path,
      PATH: dirname(wskBin) + delimiter + process.env["PATH"],
    },
  });
}

test("every example of docs/web-actions.md", async () => {
  await bash(`wsk property set --apihost http://127.0.0.1:3233 --auth ${guestKey}`);
  let ran = 0;
  for (const { language, text } of blocks("web-actions.md")) {
    const file = /^(?:\/\/|#) (\S+)\n/u.exec(text)?.[1];
    if (file !== undefined) writeFileSync(join(home.path, file), text);
    if (language !== "console") continue;
    for (const [command, output] of commands(text)) {
      const { stdout, stderr } = await bash(command);
      expect([command, (stdout + stderr).trimEnd()]).toEqual([command, output.trimEnd()]);
      ran += 1;
    }
  }
  expect(ran).toBeGreaterThan(10);
});

type Reading = {
  readonly text: () => string;
  readonly status: () => number | undefined;
  /** "end" or "cut", once it is over. */
  readonly over: () => string | undefined;
  close(): void;
};

/** Reads an answer as it comes. */
function read(path: string, method = "GET"): Reading {
  let text = "";
  let status: number | undefined;
  let over: string | undefined;
  const outgoing = open(`${platform.url}${path}`, { method, agent: false }, (incoming) => {
    status = incoming.statusCode;
    incoming.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    incoming.on("end", () => {
      over ??= "end";
    });
    incoming.on("error", () => {
      over ??= "cut";
    });
  });
  outgoing.on("error", () => {
    over ??= "cut";
  });
  outgoing.end();
  return {
    text: () => text,
    status: () => status,
    over: () => over,
    close: () => outgoing.destroy(),
  };
}

/** The newest record of an action, once it is there. */
async function recordOf(name: string): Promise<{ response: object; logs: string[] }> {
  const path = `/api/v1/namespaces/_/activations?name=${name}&docs=true&limit=1`;
  return waitFor(`a record of ${name}`, async () => {
    const { json } = await request(platform.url, { path, auth: guestKey });
    return (json as { response: object; logs: string[] }[])[0];
  });
}

async function make(name: string, code: string, members: object = {}): Promise<void> {
  const answer = await api.put(name, code, { annotations, ...members });
  expect(answer.status).toBe(200);
}

const ENDLESS = `async function* main() {
  try { for (;;) { yield 'x'; await new Promise((resolve) => setTimeout(resolve, 10)); } }
  finally { console.log('cleaned up'); }
}`;

describe("a stream", () => {
  test("arrives while the action runs; a client that leaves ends it", async () => {
    await make("endless", ENDLESS);
    const reading = read(web("endless"));
    await waitFor("three parts", () => reading.text().length >= 3);
    expect(reading.status()).toBe(200);
    reading.close();
    const { response, logs } = await recordOf("endless");
    expect(response).toMatchObject({
      status: "success",
      result: { stream: { ended: "client" } },
    });
    expect(logs.join()).toContain("cleaned up");
  });

  test.for([
    ["broken", "async function* main() { yield 'a'; throw new Error('boom'); }", {}],
    ["dying", "async function* main() { yield 'a'; process.exit(3); }", {}],
    ["slow", ENDLESS, { limits: { timeout: 1500 } }],
  ] as const)("that goes wrong (%s) is cut", async ([name, code, members]) => {
    await make(name, code, members);
    const reading = read(web(name));
    expect(await waitFor("the end", reading.over)).toBe("cut");
    expect(reading.text()).toMatch(/^[ax]+$/u);
    expect((await recordOf(name)).response).toMatchObject({ success: false });
  });

  test("that is broken in Python is cut, with its reason in the logs", async () => {
    const code =
      "def parts():\n    yield 'a'\n    raise ValueError('boom')\ndef main(args):\n    return parts()\n";
    const exec = { kind: "python:default", code };
    await make("broken-py", "", { exec });
    const reading = read(web("broken-py"));
    expect(await waitFor("the end", reading.over)).toBe("cut");
    const { response, logs } = await recordOf("broken-py");
    expect(response).toMatchObject({ status: "application error", result: { error: "boom" } });
    expect(logs.join()).toContain("ValueError: boom");
  });

  const sized = (bytes: number): string =>
    `function main() { return { headers: { 'content-type': 'application/octet-stream' },
      body: (function* () { for (let at = 0; at < ${bytes}; at += 65536) yield Buffer.alloc(Math.min(65536, ${bytes} - at)); })() }; }`;

  test("may be as long as the limit", async () => {
    await make("longest", sized(STREAM_BYTES_MAX));
    const answer = await request(platform.url, { path: web("longest") });
    expect([answer.status, answer.bytes.length]).toEqual([200, STREAM_BYTES_MAX]);
    expect((await recordOf("longest")).response).toMatchObject({
      result: { stream: { bytes: STREAM_BYTES_MAX, ended: "done" } },
    });
  });

  test("is cut beyond the limit", async () => {
    await make("too-long", sized(STREAM_BYTES_MAX + 1));
    const reading = read(web("too-long"));
    expect(await waitFor("the end", reading.over)).toBe("cut");
    await make("far-too-long", sized(4 * STREAM_BYTES_MAX));
    const other = read(web("far-too-long"));
    expect(await waitFor("the end", other.over)).toBe("cut");
    expect((await recordOf("far-too-long")).response).toMatchObject({
      result: { stream: { ended: "limit" } },
    });
  });

  test("of a bad head is refused, and closed", async () => {
    const bad =
      "function main() { return { statusCode: 'x', body: (function* () { yield 'a'; })() }; }";
    await make("bad-head", bad);
    const answer = await request(platform.url, { path: web("bad-head") });
    expect(answer).toMatchObject({
      status: 400,
      json: { error: "Response is not valid 'message/http'." },
    });
    const unwanted = { path: web("endless"), headers: { accept: "image/png" } };
    expect((await request(platform.url, unwanted)).status).toBe(406);
    const head = await request(platform.url, { method: "HEAD", path: web("endless") });
    expect([head.status, head.headers["content-type"]]).toEqual([200, "text/html; charset=UTF-8"]);
  });

  test("may be a plain answer all the same; without the annotation it is no stream", async () => {
    await make("plain", "function main() { return { body: 'x' }; }");
    expect((await request(platform.url, { path: web("plain") })).text).toBe("x");
    await make(
      "unmarked",
      "function main() { return { body: (function* () { yield 'a'; })() }; }",
      {
        annotations: annotations.slice(0, 1),
      },
    );
    expect((await request(platform.url, { path: web("unmarked.json") })).json).toEqual({
      body: {},
    });
  });

  test("waits for a slow client", async () => {
    const counting = `const { Readable } = require('stream');
      let made = 0;
      function main({ ask }) {
        if (ask) return { body: String(made) };
        return new Readable({ read() { made += 16384; this.push(made > 4e7 ? null : Buffer.alloc(16384)); } });
      }`;
    await make("counting", counting, { limits: { concurrency: 5 } });
    const opened = Promise.withResolvers<() => void>();
    const outgoing = open(`${platform.url}${web("counting")}`, { agent: false }, (incoming) => {
      incoming.pause();
      opened.resolve(() => outgoing.destroy());
    });
    outgoing.on("error", () => undefined);
    outgoing.end();
    const close = await opened.promise;
    const made = async (): Promise<number> =>
      Number((await request(platform.url, { path: web("counting?ask=1") })).text);
    let last = -1;
    const still = await waitFor(
      "it to stand still",
      async () => {
        const now = await made();
        const isStill = now === last && now > 0;
        last = now;
        return isStill ? now : undefined;
      },
      { everyMs: 300 },
    );
    close();
    // Less than the limit of a stream by far: buffers of sockets, and the window.
    expect(still).toBeLessThan(12 * 1024 * 1024);
  });
});

test("whatever is sent is answered, and never by a fault of the server", async () => {
  await make("any", "function main(p) { return { body: String(Object.keys(p).length) }; }");
  const type = fc.constantFrom(
    "application/json",
    "application/hal+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; charset=utf-16",
    "image/png",
    "x",
  );
  const exchange = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    extension: fc.constantFrom("", ".http", ".json", ".html", ".svg", ".text", ".xyz"),
    rest: fc.webPath(),
    query: fc.oneof(fc.webQueryParameters(), fc.constantFrom("%", "%zz", "a=%c3", "&&=")),
    type,
    accept: fc.constantFrom("*/*", "text/html", "application/json;q=0", ";;,", "x"),
    body: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json(), fc.string()),
  });
  await fc.assert(
    fc.asyncProperty(exchange, async ({ method, extension, rest, query, type, accept, body }) => {
      const answer = await request(platform.url, {
        method,
        path: `${web(`any${extension}${rest}`)}?${query}`,
        headers: { "content-type": type, accept },
        body,
        timeoutMs: 10_000,
      });
      expect([200, 400, 404, 406]).toContain(answer.status);
    }),
    { numRuns: 150 },
  );
});

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);

test.skipIf(browser === undefined)("a page in Chromium, and its events", async () => {
  await make(
    "page",
    "function main({ name }) { return { body: '<h1>Hello, ' + name + '</h1>' }; }",
    {
      annotations: annotations.slice(0, 1),
    },
  );
  await make(
    "events",
    "function main() { return { headers: { 'content-type': 'text/event-stream' }, body: (function* () { yield 'data: 1\\n\\n'; yield 'data: 2\\n\\n'; })() }; }",
  );
  const launched = await chromium.launch({
    ...(browser === undefined ? {} : { executablePath: browser }),
    args: ["--no-sandbox"],
  });
  try {
    const page = await launched.newPage();
    const answer = await page.goto(`${platform.url}${web("page.http?name=Ada%20%26%20Co")}`);
    expect(answer?.status()).toBe(200);
    expect(await page.locator("h1").textContent()).toBe("Hello, Ada & Co");
    const seen = await page.evaluate(
      (url) =>
        new Promise((resolve, reject) => {
          const events: string[] = [];
          const source = new EventSource(url);
          source.onmessage = ({ data }) => {
            events.push(data);
            if (events.length < 2) return;
            source.close();
            resolve(events);
          };
          source.onerror = () => reject(new Error("no events"));
        }),
      web("events.http"),
    );
    expect(seen).toEqual(["1", "2"]);
  } finally {
    await launched.close();
  }
});

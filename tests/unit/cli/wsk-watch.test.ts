// What is shown beside the output: traces and progress (wsk-cli 1.5).
import { expect, test } from "vitest";
import { progressText, progressWatcher } from "../../../src/cli/wsk/progress.ts";
import { traceWatcher } from "../../../src/cli/wsk/trace.ts";
import { startRecorder } from "./recorder.ts";
import { openSession } from "./session.ts";

test("--verbose shows request and answer, but not the key", async () => {
  await using recorder = await startRecorder({ status: 202, body: { activationId: "1" } });
  using session = openSession(recorder);
  const { out } = await session.run("-v", "action", "invoke", "h", "-p", "password", "x");
  expect(out).toContain(
    `REQUEST:\n[POST]\t${recorder.host}/api/v1/namespaces/_/actions/h?blocking=false&result=false\n` +
      'Req Headers\n{\n  "Authorization": [\n    "Basic ******"\n  ],\n',
  );
  expect(out).toContain('Req Body\n{"password": "******"}\n\n');
  expect(out).toContain("RESPONSE:Got response with code 202\nResp Headers\n{\n");
  expect(out).toContain(
    'Response body size is 20 bytes\nResponse body received:\n{"activationId":"1"}\n',
  );
  expect(out).not.toContain("dTpr");
});

test.for([["trigger create t --feed f"], ["api create /p get a"]])(
  "--verbose of %s does not show the key in the body",
  async ([line = ""]) => {
    const body = { activationId: "1", annotations: [{ key: "web-export", value: true }] };
    await using recorder = await startRecorder({ body: { ...body, apidoc: {} } });
    using session = openSession(recorder);
    const { out } = await session.run("-v", ...line.split(" "));
    expect(recorder.asked.some((asked) => asked.body.includes("u:k"))).toBe(true);
    expect(out).toMatch(/"auth[kK]ey":"\*{6}"/);
    expect(out).not.toContain("u:k");
  },
);

test.for([
  [1000, false, "R".repeat(1000)],
  [1001, false, `${"R".repeat(1000)}...`],
  [1001, true, "R".repeat(1001)],
] as const)("a body of %i bytes, whole: %s", ([size, isWhole, shown]) => {
  let out = "";
  const io = {
    out: (text: string) => {
      out += text;
    },
    isColored: false,
  };
  traceWatcher(io, isWhole).finished?.({ status: 200, rawHeaders: [], body: "R".repeat(size) });
  expect(out).toContain(`Response body received:\n${shown}\n`);
  expect(out.includes("Body exceeds 1000 bytes and will be truncated\n")).toBe(
    shown.endsWith("..."),
  );
});

test("a key is not shown where a body is cut", () => {
  let out = "";
  const io = {
    out: (text: string) => {
      out += text;
    },
    isColored: false,
  };
  const body = `{"a":"${"x".repeat(970)}","authKey":"uuid:secret-key"}`;
  traceWatcher(io, false).started?.({ method: "POST", url: "http://h", headers: {}, body });
  expect(out).toContain('"authKey":"***');
  expect(out).not.toContain("uuid");
});

test.for([
  [1200, 0, 0, "waiting, 1 s"],
  [1200, 1_048_576, 4_718_592, "uploading 1.0 of 4.5 MB"],
  [9900, 4_718_592, 4_718_592, "waiting, 9 s"],
] as const)("after %i ms with %i of %i bytes sent: %s", ([ms, sent, total, text]) => {
  expect(progressText(ms, sent, total)).toBe(text);
});

test("a long call shows one line that is wiped at its end", async () => {
  const shown: string[] = [];
  const ticked = Promise.withResolvers<void>();
  let now = 0;
  const watcher = progressWatcher({
    now: () => {
      now += 1500;
      return now;
    },
    err: (text) => {
      shown.push(text);
      ticked.resolve();
    },
  });
  watcher.started?.({ method: "GET", url: "http://h", headers: {} });
  await ticked.promise;
  watcher.finished?.(undefined);
  expect(shown).toEqual(["\r\u001b[Kwaiting, 1 s", "\r\u001b[K"]);
});

test("a short call shows nothing, not even to whoever watches", async () => {
  await using recorder = await startRecorder({ body: "[]" });
  using session = openSession(recorder, { isWatched: true });
  expect(await session.run("action", "list")).toEqual({ code: 0, out: "actions\n", err: "" });
});

// `wsk activation` (wsk-cli 6).
import { describe, expect, test } from "vitest";
import { strip } from "../../../src/cli/wsk/commands/activation-get.ts";
import { activationTable } from "../../../src/cli/wsk/commands/activation-list.ts";
import { formatDuration, formatLocalTime } from "../../../src/cli/wsk/go-text.ts";
import { tryParse } from "../../../src/client/json.ts";
import { toActivation } from "../../../src/client/records.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const START = 1_700_000_000_000;
const ID = "0123456789abcdef0123456789abcdef";
const activation = (more: object = {}): object => ({
  namespace: "guest",
  name: "hello",
  version: "0.0.1",
  subject: "guest",
  activationId: ID,
  start: START,
  end: START + 123,
  duration: 123,
  response: { status: "success", statusCode: 0, success: true, result: { b: 1, a: 2 } },
  logs: ["2023-11-14T22:13:20.123Z stdout: hi", "plain"],
  annotations: [{ key: "kind", value: "nodejs:20" }],
  publish: false,
  ...more,
});
const record = (more: object = {}) => toActivation(tryParse(JSON.stringify(activation(more))));

test.for([
  [0, "0s"],
  [123, "123ms"],
  [1500, "1.5s"],
  [60_000, "1m0s"],
  [61_500, "1m1.5s"],
  [3_602_001, "1h0m2.001s"],
] as const)("%i ms is %s", ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});

describe("the table", () => {
  test("is as wide as kinds and statuses need", () => {
    const annotations = [
      { key: "kind", value: "sequence-of-many" },
      { key: "initTime", value: 3 },
    ];
    const at = formatLocalTime(START);
    expect(
      activationTable([record(), record({ annotations, statusCode: 1, name: "n".repeat(40) })]),
    ).toEqual([
      `Datetime            Activation ID                    Kind             Start Duration   Status            Entity`,
      `${at} ${ID} nodejs:20        warm  123ms      success           guest/hello:0.0.1`,
      `${at} ${ID} sequence-of-many cold  123ms      application error guest/${"n".repeat(15)}...${"n".repeat(12)}:0.0.1`,
    ]);
  });

  test("knows neither kind nor duration of what has not run", () => {
    const [, row] = activationTable([
      record({ duration: undefined, end: 0, annotations: [], statusCode: 9 }),
    ]);
    expect(row).toContain(" unknown warm  0s         success guest/hello:0.0.1");
  });
});

test("list sends its filters and prints one empty line for none", async () => {
  await using recorder = await startRecorder({ body: [] });
  using session = openSession(recorder);
  const filters = ["-l", "2", "-s", "1", "--since", "5", "--upto", "7"];
  expect(await session.run("activation", "list", "/ns/p/x", ...filters)).toEqual({
    code: 0,
    out: "\n",
    err: "",
  });
  expect(recorder.asked[0]?.url).toBe(
    "/api/v1/namespaces/_/activations?limit=2&name=p%2Fx&since=5&skip=1&upto=7",
  );
});

test("list --full prints whole records", async () => {
  await using recorder = await startRecorder({ body: [activation()] });
  using session = openSession(recorder);
  const { out } = await session.run("activation", "list", "-f");
  expect(out).toMatch(/^activations\n\{\n {4}"namespace": "guest",\n/);
  expect(recorder.asked[0]?.url).toContain("?docs=true&limit=30&skip=0");
});

describe("get", () => {
  test("computes the status code and keeps the order of members", async () => {
    const response = { status: "whisk internal error", success: false };
    await using recorder = await startRecorder({ body: activation({ response, logs: [] }) });
    using session = openSession(recorder);
    const { out } = await session.run("activation", "get", ID);
    expect(out.replace(/\n */g, "")).toBe(
      `ok: got activation ${ID}{"namespace": "guest","name": "hello","version": "0.0.1",` +
        `"subject": "guest","activationId": "${ID}","start": ${START},"end": ${START + 123},` +
        '"duration": 123,"statusCode": 3,"response": {"status": "whisk internal error",' +
        '"statusCode": 0,"success": false},"logs": [],' +
        '"annotations": [{"key": "kind","value": "nodejs:20"}],"publish": false}',
    );
  });

  test("--last asks for the newest first; an argument is then the field", async () => {
    await using recorder = await startRecorder({ body: [activation()] }, { body: activation() });
    using session = openSession(recorder);
    const { out } = await session.run("activation", "get", "--last", "name");
    expect(out).toBe(`ok: got activation ${ID}, displaying field name\n"hello"\n`);
    expect(recorder.asked.map(({ url }) => url.replace("/api/v1/namespaces/_/", ""))).toEqual([
      "activations?limit=1&skip=0",
      `activations/${ID}`,
    ]);
  });

  test.for([
    [["get", "-l"], "Unable to get activation: "],
    [["logs", "-l"], "Unable to get logs for activation: "],
    [["result", "-l"], "Unable to get result for activation: "],
  ] as const)("%j of nothing", async ([args, complaint]) => {
    await using recorder = await startRecorder({ body: [] });
    using session = openSession(recorder);
    expect(await session.run("activation", ...args)).toEqual({
      code: 1,
      out: "",
      err: `error: ${complaint}Activation list does not contain any activations.\n${USAGE}`,
    });
  });

  test("an unknown field ends with 1, without the usage line", async () => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    expect(await session.run("activation", "get", ID, "result")).toEqual({
      code: 1,
      out: "",
      err: "error: Invalid field filter 'result'.\n",
    });
  });

  test("the summary shows outcome, time and result", async () => {
    await using recorder = await startRecorder({ body: activation() });
    using session = openSession(recorder);
    const { out } = await session.run("activation", "get", ID, "-s");
    expect(out).toMatch(
      /^activation result for '\/guest\/hello' \(success at 2023-11-1\d \d\d:\d\d:\d\d [+-]\d{4} \S+\)\n\{\n {4}"a": 2,\n {4}"b": 1\n\}\n$/,
    );
  });
});

test.for([
  ["2023-11-14T22:13:20.123Z stdout: hi", "hi"],
  ["2023-11-14T22:13:20.123456789Z stderr:   x", "  x"],
  ["2023-11-14T22:13:20.123Z hi", "hi"],
  ["2023-11-14T22:13:20.123Z stdout: ", "2023-11-14T22:13:20.123Z stdout: "],
  ["plain", "plain"],
])("the log line %s is stripped to %s", ([line = "", text]) => {
  expect(strip(line)).toBe(text);
});

test("logs and result", async () => {
  await using recorder = await startRecorder({ body: activation() }, { body: { result: [1.5] } });
  using session = openSession(recorder);
  expect((await session.run("activation", "logs", ID, "-r")).out).toBe("hi\nplain\n");
  expect((await session.run("activation", "result", ID)).out).toBe("[\n    1.5\n]\n");
});

describe("poll", () => {
  test("prints what is new, once, and ends after its time", async () => {
    let now = START;
    const wait = async (ms: number): Promise<void> => {
      now += ms;
    };
    await using recorder = await startRecorder(
      { body: [activation()] },
      { body: [activation({ activationId: "a1", start: START + 10 })] },
      { status: 503, body: "" },
      { body: [activation({ activationId: "a1", start: START + 10 })] },
    );
    using session = openSession(recorder, { now: () => now, wait });
    const { code, out } = await session.run("activation", "poll", "p/x", "--exit", "5");
    expect(code).toBe(0);
    expect(out.replace(/\n {4}/g, "")).toBe(
      "Enter Ctrl-c to exit.\nPolling for activation logs\n\nActivation: 'hello' (a1)\n" +
        '["2023-11-14T22:13:20.123Z stdout: hi","plain"\n]\n',
    );
    const [first, ...rounds] = recorder.asked.map(({ url }) => url.split("?")[1]);
    expect(first).toBe("docs=true&limit=1&skip=0");
    expect(rounds).toEqual([
      `docs=true&limit=0&name=p%2Fx&since=${START + 1}&skip=0`,
      `docs=true&limit=0&name=p%2Fx&since=${START + 11}&skip=0`,
      `docs=true&limit=0&name=p%2Fx&since=${START + 11}&skip=0`,
    ]);
  });

  test("ends with 1 when it is stopped", async () => {
    let stop = (): void => undefined;
    const onStop = (listener: () => void) => {
      stop = listener;
      return () => undefined;
    };
    const wait = async (): Promise<void> => stop();
    await using recorder = await startRecorder({ body: [] });
    using session = openSession(recorder, { onStop, wait });
    const ran = await session.run("activation", "poll", "--since-hours", "1");
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/\nPoll terminated\n$/);
    expect(ran.err).toBe("");
  });
});

import { describe, expect, test } from "vitest";
import {
  type ActivationParts,
  activationDocumentText,
  activationLogs,
  activationResponse,
  activationSummary,
  activationWire,
  activationWireText,
} from "../../../src/core/activation-format.ts";
import { PlatformError } from "../../../src/core/errors.ts";
import { fc } from "../../helpers/property.ts";

const annotations = [
  { key: "path", value: "guest/hello" },
  { key: "kind", value: "nodejs:20" },
  { key: "initTime", value: 30 },
];
const parts: ActivationParts = {
  activationId: "44794bd6aab74415b4e42a308d880e5b",
  namespace: "guest",
  name: "hello",
  version: "0.0.3",
  subject: "guest",
  start: 1000,
  end: 1045,
  duration: 40,
  cause: "00000000000000000000000000000001",
  annotations: JSON.stringify(annotations),
  statusCode: 0,
  result: '{"payload":"hi"}',
  size: 16,
  logs: ['2023-11-14T22:13:20.001Z       stdout: say "hi"'],
};
const head = {
  activationId: parts.activationId,
  namespace: "guest",
  name: "hello",
  version: "0.0.3",
  publish: false,
  start: 1000,
  cause: parts.cause,
  annotations,
};
const stored = {
  ...head,
  subject: "guest",
  end: 1045,
  duration: 40,
  response: { statusCode: 0, size: 16, result: { payload: "hi" } },
  logs: parts.logs,
};
const response = { status: "success", success: true, size: 16, result: { payload: "hi" } };

describe("writing", () => {
  test("the stored document has the shape of an ActivationDocument", () => {
    expect(JSON.parse(activationDocumentText(parts))).toEqual(stored);
  });

  test("the wire record has no statusCode, and the logs that are asked for", () => {
    const { response: _, ...others } = stored;
    expect(JSON.parse(activationWireText(parts))).toEqual({ ...others, response });
    expect(JSON.parse(activationWireText(parts, []))).toEqual({ ...others, response, logs: [] });
  });

  test.each([
    [0, "success", true],
    [1, "application error", false],
    [2, "action developer error", false],
    [3, "whisk internal error", false],
  ] as const)("status %i is %s", (statusCode, status, success) => {
    const { size: _, result: __, ...others } = parts;
    const text = activationWireText({ ...others, statusCode });
    expect(JSON.parse(text).response).toEqual({ status, success });
  });

  test("a record without end has neither end nor duration on the wire", () => {
    const wire = JSON.parse(activationWireText({ ...parts, end: 0 }));
    expect(wire).not.toHaveProperty("end");
    expect(wire).not.toHaveProperty("duration");
  });
});

/** The same document in another layout: members in the order of the alphabet. */
function foreign(text: string): string {
  const document = JSON.parse(text) as Record<string, unknown>;
  const entries = Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    _id: "guest/x",
    ...Object.fromEntries(entries),
    entityType: "activation",
  });
}

/** Begins like ours, but has the rest of the head behind the response. */
function similar(text: string): string {
  const { annotations, subject, ...others } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ ...others, subject, annotations });
}

describe.each([
  ["our own layout", (text: string) => text],
  ["another layout", foreign],
  ["a layout that begins like ours", similar],
])("reading %s", (_name, layout) => {
  const text = layout(activationDocumentText(parts));

  test("gives the record", () => {
    expect(JSON.parse(activationWire(text))).toEqual(JSON.parse(activationWireText(parts)));
  });

  test("gives response and logs", () => {
    expect(JSON.parse(activationResponse(text))).toEqual(response);
    expect(JSON.parse(activationLogs(text))).toEqual({ logs: parts.logs });
  });

  test("gives the summary, whose duration is end - start", () => {
    const summary = { ...head, end: 1045, duration: 45, statusCode: 0 };
    expect(JSON.parse(activationSummary(text))).toEqual(summary);
  });

  test("computes a duration that is not stored", () => {
    const { duration: _, ...others } = parts;
    const wire = activationWire(layout(activationDocumentText(others)));
    expect(JSON.parse(wire).duration).toBe(45);
  });

  test("shows no end of a record that has none", () => {
    const { duration: _, cause: __, ...others } = parts;
    const open = layout(activationDocumentText({ ...others, end: 0 }));
    const { cause: ___, ...shown } = head;
    expect(JSON.parse(activationSummary(open))).toEqual(shown);
    expect(JSON.parse(activationWire(open))).not.toHaveProperty("end");
  });
});

test("a result passes with every digit and blank", () => {
  const result = '{ "n": 12345678901234567890, "x": 1.0 }';
  const text = activationDocumentText({ ...parts, result });
  expect(activationWire(text)).toContain(result);
  expect(activationResponse(text)).toBe(
    `{"status":"success","success":true,"size":16,"result":${result}}`,
  );
});

test("results and logs that look like the layout do not confuse it", () => {
  const nested = { response: { statusCode: 3 }, logs: ["x"], end: 0 };
  const trap = `}},"logs":[],"response":{"statusCode":1`;
  const tricky = { ...parts, result: JSON.stringify(nested), logs: [trap, JSON.stringify(nested)] };
  const text = activationDocumentText(tricky);
  expect(JSON.parse(activationWire(text))).toMatchObject({
    response: { status: "success", result: nested },
    logs: tricky.logs,
  });
  expect(JSON.parse(activationResponse(text)).result).toEqual(nested);
  expect(JSON.parse(activationLogs(text))).toEqual({ logs: tricky.logs });
});

test("reading agrees with writing for any result and any logs", () => {
  const any = fc.record({ result: fc.jsonValue(), logs: fc.array(fc.string()) });
  fc.assert(
    fc.property(any, ({ result, logs }) => {
      const mine = { ...parts, result: JSON.stringify(result), logs };
      const text = activationDocumentText(mine);
      expect(activationWire(text)).toBe(activationWireText(mine));
      expect(JSON.parse(activationWire(foreign(text)))).toEqual(JSON.parse(activationWire(text)));
    }),
  );
});

test.each([
  ["no JSON", "{"],
  ["no object", "[]"],
  ["no response", JSON.stringify({ ...stored, response: undefined })],
  ["a status out of range", JSON.stringify({ ...stored, response: { statusCode: 4 } })],
  ["no start", JSON.stringify({ ...stored, start: "now" })],
  ["our layout cut off", activationDocumentText(parts).slice(0, -1)],
])("%s is a corrupted record", (_what, text) => {
  expect(() => activationWire(text)).toThrow(PlatformError);
  expect(() => activationWire(text)).toThrow("Resource is corrupted and cannot be read.");
});

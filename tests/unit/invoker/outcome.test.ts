import { describe, expect, test } from "vitest";
import { initOutcome, runOutcome, type StartedReply } from "../../../src/invoker/outcome.ts";

function answered(status: number, body: string, bodyBytes = body.length): StartedReply {
  return { type: "response", status, body, bodyBytes, logs: [], logsTruncated: false };
}
function exited(exhaustedMemory: boolean): StartedReply {
  return { type: "exited", exhaustedMemory, logs: [], logsTruncated: false };
}

describe("runOutcome", () => {
  const rows: readonly (readonly [string, StartedReply, number, string])[] = [
    ["an object is a success", answered(200, '{"a":1}'), 0, '{"a":1}'],
    ["an array is a success", answered(200, "[1]"), 0, "[1]"],
    ["an error key drops the others", answered(200, '{"error":"x","a":1}'), 1, '{"error":"x"}'],
    ["an error of any value counts", answered(200, '{"error":null}'), 1, '{"error":null}'],
    ["not 200 with an error", answered(502, '{"error":"boom"}'), 2, '{"error":"boom"}'],
    [
      "a scalar",
      answered(200, "3"),
      2,
      '{"error":"The action did not produce a valid JSON or JSON Array response: 3"}',
    ],
    [
      "null",
      answered(200, "null"),
      2,
      '{"error":"The action did not produce a valid JSON or JSON Array response: null"}',
    ],
    [
      "nothing",
      answered(200, ""),
      2,
      '{"error":"The action did not produce a valid JSON or JSON Array response."}',
    ],
    [
      "not 200 without an error",
      answered(500, '{"a":1}'),
      2,
      '{"error":"The action did not produce a valid JSON or JSON Array response: {\\"a\\":1}"}',
    ],
    [
      "too long",
      answered(200, '{"a":', 101),
      1,
      '{"error":"The action produced a response that exceeded the allowed length: 101 > 100 ' +
        'bytes. The truncated response was: {\\"a\\":"}',
    ],
    [
      "gone",
      exited(false),
      2,
      '{"error":"The action did not produce a valid response and exited unexpectedly."}',
    ],
    [
      "out of memory",
      exited(true),
      2,
      '{"error":"The action exhausted its memory and was aborted."}',
    ],
  ];
  test.for(rows)("%s", ([, reply, statusCode, result]) => {
    expect(runOutcome(reply, 100)).toMatchObject({ statusCode, result });
  });

  test("a body of exactly the limit passes", () => {
    expect(runOutcome(answered(200, '{"a":1}', 100), 100).statusCode).toBe(0);
  });
});

describe("initOutcome", () => {
  test("200 is no outcome: the container is warm", () => {
    expect(initOutcome(answered(200, '{"OK":true}'))).toBeUndefined();
  });
  const rows: readonly (readonly [string, StartedReply, string])[] = [
    ["the runtime's own error", answered(502, '{"error":"bad"}'), "bad"],
    ["other text", answered(502, "oops"), "The action failed during initialization: oops"],
    ["no text", answered(502, ""), "The action failed during initialization."],
    ["gone", exited(false), "The action did not initialize and exited unexpectedly."],
    ["out of memory", exited(true), "The action exhausted its memory and was aborted."],
  ];
  test.for(rows)("%s", ([, reply, error]) => {
    const outcome = initOutcome(reply);
    expect(outcome?.statusCode).toBe(2);
    expect(JSON.parse(outcome?.result ?? "")).toEqual({ error });
  });
});

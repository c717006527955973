import { describe, expect, test } from "vitest";
import type { Job } from "../../../src/invoker/job.ts";
import { initPayload, partitionArguments, runPayload } from "../../../src/invoker/payload.ts";
import { makeJob } from "../../helpers/jobs.ts";

function withContent(content: string, initArgs: readonly string[]): Job {
  const job = makeJob();
  return { ...job, message: { ...job.message, content, initArgs } };
}

describe("partitionArguments", () => {
  test("passes the text untouched when no parameter is for init", () => {
    const content = '{"a" :  1}';
    expect(partitionArguments(withContent(content, []))).toEqual({ content, env: {} });
  });
  test("takes init parameters out of the run arguments", () => {
    expect(partitionArguments(withContent('{"a":1,"K":"v"}', ["K", "absent"]))).toEqual({
      content: '{"a":1}',
      env: { K: "v" },
    });
  });
  test("keeps a key that is special in the language", () => {
    const content = '{"__proto__":{"a":1},"constructor":2,"K":3}';
    expect(partitionArguments(withContent(content, ["K"])).content).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    );
    const { env } = partitionArguments(withContent(content, ["__proto__"]));
    expect(Object.entries(env)).toEqual([["__proto__", { a: 1 }]]);
  });
  test("passes arrays whole", () => {
    expect(partitionArguments(withContent("[1]", ["K"])).content).toBe("[1]");
  });
});

describe("initPayload", () => {
  test("carries name, main, code and an environment of strings", () => {
    const env = { S: "text", N: 1, B: true, O: { a: [1] }, Z: null };
    const { value } = JSON.parse(initPayload(makeJob(), "code", env, 5)) as {
      value: { env: Record<string, string> };
    };
    expect(value).toMatchObject({ name: "hello", main: "main", code: "code", binary: false });
    expect(value.env).toMatchObject({ S: "text", N: "1", B: "true", O: '{"a":[1]}', Z: "" });
    expect(value.env["__OW_ACTION_NAME"]).toBe("/guest/hello");
    expect(value.env["__OW_DEADLINE"]).toBe("5");
  });
});

describe("runPayload", () => {
  test("carries the caller's namespace and a deadline that is a string", () => {
    const job = makeJob({ namespace: "caller" });
    expect(JSON.parse(runPayload(job, '{"a":1}', 1700000000000))).toEqual({
      value: { a: 1 },
      namespace: "caller",
      action_name: "/guest/hello",
      action_version: "0.0.1",
      activation_id: job.message.activationId,
      transaction_id: "t",
      deadline: "1700000000000",
      api_key: "u:k",
    });
  });
  test("another caller of the same action gets its own namespace and key", () => {
    const job = makeJob({ namespace: "one" });
    runPayload(job, "{}", 1);
    const user = { ...job.message.user, namespace: { name: "two", uuid: "2" }, authkey: "2:k" };
    const other = { ...job, message: { ...job.message, user } };
    expect(JSON.parse(runPayload(other, "{}", 1))).toMatchObject({
      namespace: "two",
      api_key: "2:k",
    });
  });
  test("a transaction id of the caller's cannot break the text", () => {
    const job = makeJob();
    const transid = { id: '"},"x":{"', start: 0 };
    const odd = { ...job, message: { ...job.message, transid } };
    expect(JSON.parse(runPayload(odd, "{}", 1))).toMatchObject({ transaction_id: transid.id });
  });
});

test("unlocked arguments take the place of the message's", () => {
  const job = makeJob();
  const message = { ...job.message, content: '{"a":"locked","b":"locked"}', initArgs: ["b"] };
  const unlocked = '{"a":{"open":1},"b":"env"}';
  expect(partitionArguments({ ...job, message, unlocked })).toEqual({
    content: '{"a":{"open":1}}',
    env: { b: "env" },
  });
});

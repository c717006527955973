// One command line against scripted answers: what it asks for, what it says, how it ends.
import { expect } from "vitest";
import { type Scripted, startRecorder } from "./recorder.ts";
import { openSession } from "./session.ts";

export type CommandCase = {
  readonly args: readonly string[];
  /** in turn; default: 200 with an empty object, always */
  readonly answers?: readonly Scripted[];
  /** `METHOD URL` and, where there is one, the body; the URL below /api/v1/namespaces/_/ or /api/v1/ */
  readonly asked?: readonly (readonly [request: string, body?: string])[];
  readonly code?: number;
  readonly out?: string;
  readonly err?: string;
};

/** What is not given must be empty, and the exit code 0. */
export async function checkCommand(expected: CommandCase): Promise<void> {
  const { args, answers = [{}], asked = [], code = 0, out = "", err = "" } = expected;
  await using recorder = await startRecorder(...answers);
  using session = openSession(recorder);
  const ran = await session.run(...args);
  const requests = recorder.asked.map(({ method, url, body }) => {
    const request = `${method} ${url.replace(/^\/api\/v1\/(namespaces\/_\/)?/, "")}`;
    return body === "" ? [request] : [request, body.replaceAll(recorder.host, "HOST")];
  });
  const clean = (text: string): string => text.replaceAll(recorder.host, "HOST");
  expect({ ...ran, err: clean(ran.err), out: clean(ran.out), asked: requests }).toEqual({
    code,
    out,
    err,
    asked: asked.map(([request, body]) =>
      body === undefined ? [request] : [request, `${body}\n`],
    ),
  });
}

/** A refusal by the platform, and how the client shows it. */
export const REFUSED: Scripted = { status: 400, body: { error: "bad thing", code: "tid1" } };
export const REFUSED_TEXT = "bad thing (code tid1)";
export const REFUSED_EXIT = 144;
export const MISSING: Scripted = { status: 404, body: { error: "gone", code: "tid1" } };

/** The text as the client's printer of JSON writes it: four blanks, a line break at the end. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { metricEvent } from "../../../src/core/user-events.ts";
import { UserEventFile } from "../../../src/platform/user-event-file.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const USER = {
  subject: "alice",
  namespace: { name: "space", uuid: "u" },
  authkey: "u:k",
  limits: {},
};
const EVENT = metricEvent("TimedRateLimit", 1, USER, 1);

test("events are lines at the end of the file, which only its owner may read", async () => {
  await using folder = await tempDir("events");
  const path = join(folder.path, "events.jsonl");
  for (const count of [2, 1]) {
    const file = new UserEventFile(path, () => expect.unreachable());
    file.consume(Array.from({ length: count }, () => EVENT));
    await file.close();
    file.consume([EVENT]);
    expect(file.counts.dropped).toBe(1);
  }
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([EVENT, EVENT, EVENT]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a file that cannot be written is told once, and costs events only", async () => {
  await using folder = await tempDir("events");
  const warnings: string[] = [];
  const path = join(folder.path, "no", "such", "folder");
  const file = new UserEventFile(path, (message) => warnings.push(message));
  await waitFor("the warning", () => warnings.length > 0);
  file.consume([EVENT, EVENT]);
  expect(file.counts.dropped).toBe(2);
  await file.close();
  expect(warnings).toHaveLength(1);
});

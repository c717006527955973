/** Writes configuration without end into the data folder given: "<key> <index>" once promised. */
import { createSqliteStore } from "../../src/store/sqlite.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: config-store-killed.child.ts FOLDER");
const sqlite = createSqliteStore({ folder, logger: () => undefined });
await sqlite.start();
const store = await sqlite.openConfig();

async function write(writer: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const key = `/routes/${writer}-${number}`;
    const { modifiedIndex } = await store.put(key, { uri: key, pad: "x".repeat(500) });
    process.stdout.write(`${key} ${modifiedIndex}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));

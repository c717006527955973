/**
 * Writes without end into the data folder given; says on stdout what is promised to be on disk.
 * Lines: "entity <id> <revision>", "accepted <id>", "flushed <count>".
 */
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { action, hexId, KEEP_ALL, record } from "./store-fixture.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: store-killed.child.ts FOLDER");
const store = createSqliteStore({ folder, logger: () => undefined, retention: KEEP_ALL });
await store.start();
const say = (line: string) => process.stdout.write(`${line}\n`);

async function writeEntities(): Promise<void> {
  for (let number = 0; ; number += 1) {
    const code = await store.attachments.put(Buffer.from(`code ${number}`), "text/plain");
    const id = `guest/action${number}`;
    const document = action(id, { exec: { kind: "nodejs:20", binary: false, code } });
    say(`entity ${id} ${await store.entities.put(id, document)}`);
  }
}

async function writeAccepted(): Promise<void> {
  for (let number = 0; ; number += 1) {
    const activationId = hexId(1_000_000 + number);
    await store.accepted.put({ activationId, accepted: number, started: false, message: "{}" });
    say(`accepted ${activationId}`);
  }
}

async function writeRecords(): Promise<void> {
  for (let number = 0; ; ) {
    for (let inTurn = 0; inTurn < 50; inTurn += 1) {
      store.activations.put(record(number, { document: `{"pad":"${"x".repeat(900)}"}` }));
      number += 1;
    }
    await store.activations.flush();
    say(`flushed ${number}`);
  }
}

await Promise.all([writeEntities(), writeAccepted(), writeRecords()]);

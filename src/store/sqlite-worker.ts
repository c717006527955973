/**
 * The worker thread of the SQLite store: owns the lock and the database files, applies what the
 * serving thread sends in the order it was sent, and commits once per pile of waiting messages.
 */
import { join } from "node:path";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { openDatabaseFile } from "./sqlite/database-file.ts";
import { reasonOf } from "./sqlite/failure.ts";
import { DataFolder, FolderError } from "./sqlite/folder.ts";
import {
  ACTIVATION_MIGRATIONS,
  CONFIG_MIGRATIONS,
  ENTITY_MIGRATIONS,
} from "./sqlite/migrations.ts";
import type { FromWorker, ToWorker, WorkerInput } from "./sqlite/protocol.ts";
import { WorkerStore } from "./sqlite/worker-store.ts";

/** Messages taken before a commit, so that a flood cannot put it off. */
const MESSAGES_MAX = 256;

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("to be started as a worker");
  const { settings } = workerData as WorkerInput;
  const send = (message: FromWorker, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  const log: LogLine = (level, message, fields) => send({ kind: "log", level, message, fields });

  const folder = new DataFolder(settings.folder);
  let store: WorkerStore;
  try {
    const lastStop = folder.open();
    const common = { lastStop, checkBytesMax: settings.checkBytesMax, log };
    store = new WorkerStore({
      settings,
      folder,
      send,
      log,
      entities: openDatabaseFile({
        ...common,
        file: join(settings.folder, "entities.db"),
        migrations: ENTITY_MIGRATIONS,
        pageBytes: 4096,
        cacheKib: 8192,
      }),
      activations: openDatabaseFile({
        ...common,
        file: join(settings.folder, "activations.db"),
        migrations: ACTIVATION_MIGRATIONS,
        // A page holds several records: fewer writes than with smaller ones.
        pageBytes: 8192,
        cacheKib: 16_384,
      }),
      // Opened with the first call: a server without a gateway has no such file.
      openConfig: () =>
        openDatabaseFile({
          ...common,
          file: join(settings.folder, "gateway.db"),
          migrations: CONFIG_MIGRATIONS,
          pageBytes: 4096,
          cacheKib: 2048,
        }),
    });
    // Not before the checks: a stop in the middle of them must not hide what they were for.
    folder.mark();
  } catch (error) {
    folder.close(false);
    const line = error instanceof FolderError ? error.message : reasonOf(error);
    send({ kind: "failed", line });
    port.close();
    return;
  }
  send({ kind: "ready" });

  port.on("message", (first: ToWorker) => {
    let message: ToWorker | undefined = first;
    for (let taken = 0; message !== undefined; taken += 1) {
      store.handle(message);
      if (taken === MESSAGES_MAX || store.isStopped) break;
      message = receiveMessageOnPort(port)?.message as ToWorker | undefined;
    }
    store.settle();
    if (store.isStopped) port.close();
  });
}

type LogLine = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields: Record<string, unknown>,
) => void;

main();

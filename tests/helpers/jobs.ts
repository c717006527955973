import type { ActionDocument } from "../../src/core/documents.ts";
import { invocable } from "../../src/core/executable-action.ts";
import type { Job } from "../../src/invoker/job.ts";
import { newActivationId } from "../../src/lib/ids.ts";

export type JobOptions = {
  readonly action?: string;
  readonly namespace?: string;
  readonly memory?: number;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly revision?: string;
  readonly accepted?: boolean;
};

/** A job as the invoker hands it to the pool. */
export function makeJob(options: JobOptions = {}): Job {
  const namespace = options.namespace ?? "guest";
  const document: ActionDocument = {
    entityType: "action",
    namespace: "guest",
    name: options.action ?? "hello",
    version: "0.0.1",
    publish: false,
    updated: 0,
    exec: {
      kind: "nodejs:20",
      code: { attachmentName: "x", attachmentType: "text/plain", length: 1, digest: "sha256-0" },
      binary: false,
    },
    parameters: [],
    annotations: [],
    limits: {
      timeout: options.timeout ?? 60_000,
      memory: options.memory ?? 256,
      logs: 10,
      concurrency: options.concurrency ?? 1,
    },
  };
  const revision = options.revision ?? "1-a";
  const action = invocable(`guest/${document.name}`, document, revision, "nodejs:20");
  if (action.type !== "code") throw new Error("a sequence is no job");
  return {
    action,
    done: () => undefined,
    queuedMs: Date.now(),
    accepted: options.accepted ?? false,
    state: "waiting",
    returns: 0,
    reader: undefined,
    message: {
      transid: { id: "t", start: Date.now() },
      action: { path: "guest", name: document.name, version: "0.0.1" },
      revision,
      user: {
        subject: namespace,
        namespace: { name: namespace, uuid: namespace },
        authkey: "u:k",
        limits: {},
      },
      activationId: newActivationId(Date.now()),
      rootControllerIndex: { asString: "0" },
      blocking: true,
      content: "{}",
      initArgs: [],
    },
  };
}

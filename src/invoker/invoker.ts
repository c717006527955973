/**
 * The invoker: takes activation messages from the bus, has the pool run them, writes each record
 * and acknowledges. It also keeps the promise behind every 202: what was accepted ends in a record,
 * also over a restart (design.md, Durability).
 */
import type { ActivationConsumer, CompletionConsumer } from "../bus/bus.ts";
import {
  type ActionTexts,
  type Activation,
  actionTexts,
  documentText,
} from "../core/activation.ts";
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActivationMessage } from "../core/messages.ts";
import type { AcceptedInvocation, AcceptedStore, ActivationStore } from "../store/store.ts";
import type { ContainerPool } from "./container-pool.ts";
import { type Job, type JobResult, unstarted } from "./job.ts";
import { failure, TEXT } from "./outcome.ts";

export type InvokerOptions = {
  /** Jobs that may be in flight, waiting ones included. */
  readonly jobsMax: number;
  /** Argument bytes that may be held by them. */
  readonly bytesMax: number;
  /** Durability "sync": a reply waits until its record is on disk. */
  readonly holdReplies: boolean;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

export type InvokerPorts = {
  readonly pool: ContainerPool;
  readonly activations: ActivationStore;
  readonly accepted: AcceptedStore;
  readonly complete: CompletionConsumer;
  /** The action at once when it is remembered, else read from the store. */
  readonly peekAction: (id: string, revision: string) => ExecutableAction | undefined;
  readonly loadAction: (id: string) => Promise<ExecutableAction | undefined>;
  /** Who called, read anew after a restart: accept records hold no keys. */
  readonly loadIdentity: (namespace: Identity["namespace"]) => Promise<Identity | undefined>;
};

export type InvokerCounts = { submitted: number; finished: [number, number, number, number] };

export class Invoker implements ActivationConsumer {
  readonly counts: InvokerCounts = { submitted: 0, finished: [0, 0, 0, 0] };
  private readonly ports: InvokerPorts;
  private readonly options: InvokerOptions;
  private readonly jobs = new Map<string, Job>();
  private bytes = 0;

  constructor(ports: InvokerPorts, options: InvokerOptions) {
    this.ports = ports;
    this.options = options;
  }

  get inFlight(): number {
    return this.jobs.size;
  }

  hasRoom(bytes: number): boolean {
    return this.jobs.size < this.options.jobsMax && this.bytes + bytes <= this.options.bytesMax;
  }

  submit(message: ActivationMessage): void {
    const id = `${message.action.path}/${message.action.name}`;
    const action = this.ports.peekAction(id, message.revision);
    if (action !== undefined) {
      this.enqueue(message, action, !message.blocking);
      return;
    }
    this.ports.loadAction(id).then(
      (loaded) => {
        if (loaded === undefined) this.abandon(message, 1, TEXT.deleted);
        else this.enqueue(message, loaded, !message.blocking);
      },
      (cause: unknown) => {
        const corrupted = cause instanceof PlatformError && cause.code === "CORRUPTED";
        this.abandon(message, 3, corrupted ? TEXT.mismatch : TEXT.notFetched);
      },
    );
  }

  async accept(message: ActivationMessage): Promise<void> {
    const job = this.jobs.get(message.activationId);
    if (job === undefined && message.blocking) {
      // It has ended meanwhile: its record is what the 202 promises.
      await this.ports.activations.flush();
      return;
    }
    if (job !== undefined) job.accepted = true;
    await this.ports.accepted.put({
      activationId: message.activationId,
      accepted: message.transid.start,
      started: job?.state === "running",
      message: JSON.stringify(withoutKey(message)),
    });
  }

  /** Takes up what the last run of the program left behind; call once after a start. */
  async recover(): Promise<{ readonly resumed: number; readonly lost: number }> {
    const unfinished = await this.ports.accepted.unfinished();
    const counts = { resumed: 0, lost: 0 };
    for (const invocation of unfinished) {
      const message = await this.readMessage(invocation);
      if (message !== undefined && !invocation.started) {
        counts.resumed += 1;
        this.submit(message);
      } else {
        counts.lost += 1;
        if (message === undefined) await this.ports.accepted.remove(invocation.activationId);
        else this.abandon(message, 3, TEXT.runExited);
      }
    }
    return counts;
  }

  private async readMessage(
    invocation: AcceptedInvocation,
  ): Promise<ActivationMessage | undefined> {
    const message = JSON.parse(invocation.message) as ActivationMessage;
    const identity = await this.ports.loadIdentity(message.user.namespace);
    if (identity === undefined) {
      this.options.log("warn", "an accepted activation has no owner any more", {
        activationId: invocation.activationId,
      });
      return undefined;
    }
    return { ...message, user: identity, blocking: false };
  }

  private enqueue(message: ActivationMessage, action: ExecutableAction, accepted: boolean): void {
    const job: Job = { message, action, queuedMs: Date.now(), accepted, state: "waiting" };
    this.counts.submitted += 1;
    this.bytes += message.content.length;
    this.jobs.set(message.activationId, job);
    this.ports.pool.submit(job);
  }

  /** Called by the pool, once per job. */
  finish(job: Job, result: JobResult): void {
    const { message, action } = job;
    this.jobs.delete(message.activationId);
    this.bytes -= message.content.length;
    this.report(message, action.texts, action.filterName, result, job.accepted);
  }

  /** Ends a message that no container will see. */
  private abandon(message: ActivationMessage, statusCode: 1 | 3, text: string): void {
    const { path, name, version } = message.action;
    const limits = { timeout: 0, memory: 0, logs: 0, concurrency: 1 };
    const texts = actionTexts({ path, name, version, kind: "unknown", limits });
    const slash = path.indexOf("/");
    const filterName = slash < 0 ? name : `${path.slice(slash + 1)}/${name}`;
    const result = unstarted(message, failure(statusCode, text), Date.now());
    this.report(message, texts, filterName, result, !message.blocking);
  }

  /** Acknowledges and writes the record; the reply waits for the disk only when asked to. */
  private report(
    message: ActivationMessage,
    texts: ActionTexts,
    filterName: string,
    result: JobResult,
    accepted: boolean,
  ): void {
    const { response } = result;
    this.counts.finished[response.statusCode] += 1;
    const activation: Activation = {
      texts,
      activationId: message.activationId,
      namespace: message.user.namespace.name,
      subject: message.user.subject,
      start: result.start,
      end: result.end,
      duration: result.duration,
      response,
      logs: result.logs,
      waitTime: result.waitTime,
      timedOut: result.timedOut,
      initTime: result.initTime,
      cause: message.cause,
    };
    const isSystemError = response.statusCode === 3;
    const completion = {
      transid: message.transid,
      userId: message.user.namespace.uuid,
      activation,
      isSystemError,
      isLost: false,
    };
    if (!this.options.holdReplies) this.ports.complete(completion);
    this.write(activation, filterName, message, accepted);
    if (this.options.holdReplies) {
      this.ports.activations.flush().then(
        () => this.ports.complete(completion),
        () => this.ports.complete({ ...completion, isLost: true }),
      );
    }
  }

  private write(
    activation: Activation,
    filterName: string,
    message: ActivationMessage,
    accepted: boolean,
  ): void {
    if (message.user.limits.storeActivations === false) {
      if (accepted) this.ports.accepted.remove(message.activationId).catch(() => undefined);
      return;
    }
    this.ports.activations.put({
      activationId: activation.activationId,
      namespace: activation.namespace,
      filterName,
      start: activation.start,
      document: documentText(activation),
      accepted,
    });
  }
}

function withoutKey(message: ActivationMessage): ActivationMessage {
  return { ...message, user: { ...message.user, authkey: "" } };
}

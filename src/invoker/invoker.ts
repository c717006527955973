/**
 * The invoker: takes activation messages from the bus, has the pool run them, writes each record
 * and acknowledges. It also keeps the promise behind every 202: what was accepted ends in a record,
 * also over a restart (design.md, Durability).
 */
import type { ActivationBus, CompletionHandler, Ticket } from "../bus/bus.ts";
import { annotationsText, sharedAnnotations } from "../core/activation.ts";
import type { ActivationParts } from "../core/activation-format.ts";
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import { boundName, type ExecutableAction } from "../core/executable-action.ts";
import type { ActivationMessage } from "../core/messages.ts";
import type { StreamReader } from "../core/result-stream.ts";
import { type ActivationRecorder, acceptRecord } from "../store/activation-recorder.ts";
import type { AcceptedInvocation, AcceptedStore } from "../store/store.ts";
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
  readonly recorder: ActivationRecorder;
  readonly accepted: AcceptedStore;
  /** The action at once when it is remembered, else read from the store. */
  readonly peekAction: (id: string, revision: string) => ExecutableAction | undefined;
  readonly loadAction: (id: string) => Promise<ExecutableAction | undefined>;
  /**
   * Takes up an activation that is made of others and had not begun; false when it is none.
   * Rejects when its action cannot be read.
   */
  readonly resumeComposition: (message: ActivationMessage) => Promise<boolean>;
  /** Who called, read anew after a restart: accept records hold no keys. */
  readonly loadIdentity: (namespace: Identity["namespace"]) => Promise<Identity | undefined>;
  /** Arguments with their locked values in the clear; throws when no key opens one. */
  readonly unlock: (content: string, lockedArgs: Readonly<Record<string, string>>) => string;
};

export type InvokerCounts = { submitted: number; finished: [number, number, number, number] };

export class Invoker implements ActivationBus {
  readonly counts: InvokerCounts = { submitted: 0, finished: [0, 0, 0, 0] };
  /** Messages taken and not ended. */
  inFlight = 0;
  private readonly ports: InvokerPorts;
  private readonly options: InvokerOptions;
  private bytes = 0;

  constructor(ports: InvokerPorts, options: InvokerOptions) {
    this.ports = ports;
    this.options = options;
  }

  hasRoom(bytes: number): boolean {
    return this.inFlight < this.options.jobsMax && this.bytes + bytes <= this.options.bytesMax;
  }

  send(message: ActivationMessage, done: CompletionHandler, reader?: StreamReader): Ticket {
    const id = `${message.action.path}/${message.action.name}`;
    const action = this.ports.peekAction(id, message.revision);
    if (action !== undefined) {
      return this.ticket(this.enqueue(message, action, false, done, reader));
    }
    const loading = this.load(message, id, false, done, reader);
    return { accept: async () => this.ticket(await loading).accept() };
  }

  async post(message: ActivationMessage, done: CompletionHandler): Promise<void> {
    // It takes room from here on: a slow disk must not let in more than the queue may hold.
    this.hold(message);
    try {
      await this.ports.accepted.put(acceptRecord(message, false));
    } finally {
      this.release(message);
    }
    const id = `${message.action.path}/${message.action.name}`;
    const action = this.ports.peekAction(id, message.revision);
    if (action !== undefined) this.enqueue(message, action, true, done);
    else await this.load(message, id, true, done);
  }

  /** Undefined when the message has ended already because its action is not to be had. */
  private async load(
    message: ActivationMessage,
    id: string,
    accepted: boolean,
    done: CompletionHandler,
    reader?: StreamReader,
  ): Promise<Job | undefined> {
    try {
      const action = await this.ports.loadAction(id);
      if (action !== undefined) return this.enqueue(message, action, accepted, done, reader);
      this.abandon(message, 1, TEXT.deleted, accepted, done);
    } catch (cause) {
      const corrupted = cause instanceof PlatformError && cause.code === "CORRUPTED";
      const text = corrupted ? TEXT.mismatch : TEXT.notFetched;
      this.abandon(message, 3, text, accepted, done);
    }
    return undefined;
  }

  private ticket(job: Job | undefined): Ticket {
    return {
      accept: () => {
        // It has ended meanwhile: its record is what the 202 promises.
        if (job === undefined || job.state === "done") return this.ports.recorder.flush();
        job.accepted = true;
        return this.ports.accepted.put(acceptRecord(job.message, job.state === "running"));
      },
    };
  }

  /** Takes up what the last run of the program left behind; call once after a start. */
  async recover(): Promise<{ readonly resumed: number; readonly lost: number }> {
    const unfinished = await this.ports.accepted.unfinished();
    const counts = { resumed: 0, lost: 0 };
    for (const invocation of unfinished) {
      const message = readMessage(invocation);
      if (message === undefined) {
        counts.lost += 1;
        this.options.log("error", "an accept record cannot be read and is given up", {
          activationId: invocation.activationId,
        });
        await this.ports.accepted.remove(invocation.activationId);
        continue;
      }
      if (invocation.started) {
        counts.lost += 1;
        const id = `${message.action.path}/${message.action.name}`;
        // Only for what its record tells of the action; a record without that is better than none.
        const action = await this.ports.loadAction(id).catch(() => undefined);
        this.abandon(message, 3, TEXT.runExited, true, NOBODY_WAITS, action);
        continue;
      }
      const user = await this.ports.loadIdentity(message.user.namespace);
      if (user === undefined) {
        counts.lost += 1;
        this.options.log("warn", "an accepted activation has no owner any more", {
          activationId: invocation.activationId,
        });
        this.abandon(message, 3, TEXT.provision, true, NOBODY_WAITS);
        continue;
      }
      counts.resumed += 1;
      await this.resume({ ...message, user, blocking: false });
    }
    return counts;
  }

  private async resume(message: ActivationMessage): Promise<void> {
    const id = `${message.action.path}/${message.action.name}`;
    // An action that cannot be read is reported by `load`.
    const isTaken = await this.ports.resumeComposition(message).catch(() => false);
    if (!isTaken) await this.load(message, id, true, NOBODY_WAITS);
  }

  private enqueue(
    message: ActivationMessage,
    action: ExecutableAction,
    accepted: boolean,
    done: CompletionHandler,
    reader?: StreamReader,
  ): Job | undefined {
    let unlocked: string | undefined;
    if (message.lockedArgs !== undefined) {
      unlocked = this.unlock(message, message.lockedArgs);
      if (unlocked === undefined) {
        this.abandon(message, 3, TEXT.locked, accepted, done, action);
        return undefined;
      }
    }
    const job: Job = {
      message,
      action,
      done,
      queuedMs: Date.now(),
      unlocked,
      accepted,
      state: "waiting",
      returns: 0,
      reader,
    };
    this.counts.submitted += 1;
    this.hold(message);
    this.ports.pool.submit(job);
    return job;
  }

  private unlock(
    { content, activationId }: ActivationMessage,
    lockedArgs: Readonly<Record<string, string>>,
  ): string | undefined {
    try {
      return this.ports.unlock(content, lockedArgs);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.options.log("error", "parameters cannot be unlocked", { activationId, reason });
      return undefined;
    }
  }

  private hold(message: ActivationMessage): void {
    this.inFlight += 1;
    this.bytes += message.content.length;
  }

  private release(message: ActivationMessage): void {
    this.inFlight -= 1;
    this.bytes -= message.content.length;
  }

  /** Called by the pool, once per job. */
  finish(job: Job, result: JobResult): void {
    const { message, action } = job;
    this.release(message);
    this.report(message, action, result, job.accepted, job.done);
  }

  /** Ends a message that no container will see. */
  private abandon(
    message: ActivationMessage,
    statusCode: 1 | 3,
    text: string,
    accepted: boolean,
    done: CompletionHandler,
    action: ReportedAction = unknownAction(message),
  ): void {
    const result = unstarted(message, failure(statusCode, text), Date.now());
    this.report(message, action, result, accepted, done);
  }

  /** Acknowledges and writes the record; the reply waits for the disk only when asked to. */
  private report(
    message: ActivationMessage,
    action: ReportedAction,
    result: JobResult,
    accepted: boolean,
    done: CompletionHandler,
  ): void {
    const { response } = result;
    this.counts.finished[response.statusCode] += 1;
    const activation: ActivationParts = {
      activationId: message.activationId,
      namespace: message.user.namespace.name,
      name: action.name,
      version: action.version,
      subject: message.user.subject,
      start: result.start,
      end: result.end,
      duration: result.duration,
      annotations: annotationsText(action.sharedAnnotations, {
        timedOut: result.timedOut,
        waitTime: result.waitTime,
        initTime: result.initTime,
        causedBy: message.cause === undefined ? undefined : "sequence",
        binding: message.action.binding,
      }),
      statusCode: response.statusCode,
      result: response.result,
      size: response.size,
      logs: result.logs,
      cause: message.cause,
    };
    const isSystemError = response.statusCode === 3;
    const completion = { transid: message.transid, activation, isSystemError, isLost: false };
    if (!this.options.holdReplies) done(completion);
    const { binding } = message.action;
    const filterName = binding === undefined ? action.filterName : boundName(binding, action.name);
    this.ports.recorder.record(activation, { filterName, user: message.user, accepted });
    if (this.options.holdReplies) {
      this.ports.recorder.flush().then(
        () => done(completion),
        () => done({ ...completion, isLost: true }),
      );
    }
  }
}

type ReportedAction = Pick<
  ExecutableAction,
  "name" | "version" | "filterName" | "sharedAnnotations"
>;

/** Undefined when the row is damaged. */
function readMessage(invocation: AcceptedInvocation): ActivationMessage | undefined {
  try {
    const message = JSON.parse(invocation.message) as Partial<ActivationMessage>;
    const isWhole = message.action !== undefined && message.user !== undefined;
    return isWhole ? (message as ActivationMessage) : undefined;
  } catch {
    return undefined;
  }
}

/** What a message itself tells of its action, when that is not to be had. */
function unknownAction({ action: { path, name, version } }: ActivationMessage): ReportedAction {
  const id = `${path}/${name}`;
  const limits = { timeout: 0, memory: 0, logs: 0, concurrency: 1 };
  return {
    name,
    version,
    filterName: id.slice(id.indexOf("/") + 1),
    sharedAnnotations: sharedAnnotations({ id, kind: "unknown", limits }),
  };
}

const NOBODY_WAITS: CompletionHandler = () => undefined;

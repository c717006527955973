/** Where a project goes, and who is told what happens on the way. */
import type { WhiskClient } from "../client/client.ts";
import { Entities } from "./entities.ts";

export type TargetOptions = {
  readonly client: WhiskClient;
  /** "_" is that of the key */
  readonly namespace: string;
  /** host of the API as the user gives it, with or without scheme */
  readonly apiHost: string;
  /** "uuid:key" */
  readonly auth: string;
  /** token of the API gateway; "" when there is none */
  readonly apigwToken: string;
  /** resolves after so many milliseconds */
  readonly wait: (ms: number) => Promise<void>;
  readonly warn: (text: string) => void;
  readonly info: (text: string) => void;
};

export type Target = TargetOptions & { readonly entities: Entities };

export function openTarget(options: TargetOptions): Target {
  return { ...options, entities: new Entities(options) };
}

/** Runs one step and tells of its begin and its end. */
export async function step(
  { info }: Pick<Target, "info">,
  verb: "Deploying" | "Undeploying",
  noun: string,
  name: string,
  run: () => Promise<void>,
): Promise<void> {
  info(`${verb} ${noun} [${name}] ...`);
  await run();
  const done = verb === "Deploying" ? "deployed" : "undeployed";
  info(`${noun} [${name}] has been successfully ${done}.`);
}

/** One sample of load on a server, with what it cost and what else the machine did meanwhile. */
import { settledCpuS } from "./functions.ts";
import { type Surroundings, watchSurroundings } from "./proc.ts";
import type { Server } from "./server.ts";
import { type Load, type Request, wrk } from "./wrk.ts";

/** A sample with more foreign CPU than this (in cores) is repeated, this often. */
const FOREIGN_CORES_MAX = 0.15;
const TRIES_MAX = 4;

export type LoadSample = Load & {
  /** CPU µs of the server's whole process tree per completed request. */
  readonly cpuUs: number;
  readonly surroundings: Surroundings;
};

export type LoadPlan = {
  readonly server: Server;
  readonly request: Request;
  readonly connections: number;
  readonly seconds: number;
  /** False: take the sample as it comes. */
  readonly patient: boolean;
  /** Told of every request sent, those of discarded samples included. */
  readonly onLoad?: (load: Load) => void;
};

async function sampleOnce(plan: LoadPlan): Promise<LoadSample> {
  const before = await settledCpuS(plan.server.pid);
  const surroundings = watchSurroundings();
  const load = await wrk(plan.request, plan.connections, plan.seconds);
  const seen = surroundings();
  plan.onLoad?.(load);
  const after = await settledCpuS(plan.server.pid);
  return { ...load, cpuUs: ((after - before) * 1e6) / load.requests, surroundings: seen };
}

/** Takes a sample; on a busy machine tries again a few times and keeps the quietest. */
export async function sampleLoad(plan: LoadPlan): Promise<LoadSample> {
  const samples: LoadSample[] = [];
  do samples.push(await sampleOnce(plan));
  while (
    plan.patient &&
    samples.length < TRIES_MAX &&
    samples.every(({ surroundings }) => surroundings.foreignCores > FOREIGN_CORES_MAX)
  );
  return samples.reduce((best, sample) =>
    sample.surroundings.foreignCores < best.surroundings.foreignCores ? sample : best,
  );
}

/** True when the neighbours may have spoiled the sample. */
export function isNoisy(surroundings: Surroundings): boolean {
  return surroundings.foreignCores > FOREIGN_CORES_MAX;
}

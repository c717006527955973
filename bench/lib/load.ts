/** One sample of load on a server, with what it cost and what else the machine did meanwhile. */
import { settledCpu } from "./functions.ts";
import { type Surroundings, watchSurroundings } from "./proc.ts";
import type { Server } from "./server.ts";
import { type Load, type Request, wrk } from "./wrk.ts";

export type LoadSample = Load & {
  /** CPU µs of the server's whole process tree per completed request. */
  readonly cpuUs: number;
  /** The part of it that the server's own process used, with all its threads. */
  readonly serverCpuUs: number;
  readonly surroundings: Surroundings;
};

export type LoadPlan = {
  readonly server: Server;
  readonly request: Request;
  readonly connections: number;
  readonly seconds: number;
};

/** Loads a server. Work that it does after its replies is part of its CPU time. */
export async function sampleLoad(plan: LoadPlan): Promise<LoadSample> {
  const before = await settledCpu(plan.server.pid);
  const surroundings = watchSurroundings();
  const load = await wrk(plan.request, plan.connections, plan.seconds);
  const seen = surroundings();
  const after = await settledCpu(plan.server.pid);
  const perRequestUs = (seconds: number): number => (seconds * 1e6) / load.requests;
  return {
    ...load,
    cpuUs: perRequestUs(after.treeS - before.treeS),
    serverCpuUs: perRequestUs(after.rootS - before.rootS),
    surroundings: seen,
  };
}

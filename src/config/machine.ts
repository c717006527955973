import { homedir, totalmem } from "node:os";

/** Facts that defaults depend on; given to `loadConfig` so that tests can give others. */
export type Machine = {
  readonly memoryMb: number;
  readonly homeFolder: string;
  readonly currentFolder: string;
};

export function thisMachine(): Machine {
  // Inside a container its memory limit counts, not the memory of the machine around it.
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return {
    memoryMb: Math.floor(bytes / 2 ** 20),
    homeFolder: homedir(),
    currentFolder: process.cwd(),
  };
}

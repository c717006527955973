/**
 * Runs one admin command: in the server that has the data folder, or on the folder itself when no
 * server runs.
 */
import { existsSync } from "node:fs";
import { askServer } from "../../admin/channel.ts";
import { type AdminCommand, runCommand } from "../../admin/commands.ts";
import type { AdminResult } from "../../admin/result.ts";
import { openDataFolder } from "../../lib/data-folder.ts";
import type { Context } from "./context.ts";
import { type FlagValues, loadWith } from "./setting-flags.ts";

/** Commands that make sense before the first start: they may make the folder. */
const FIRST: ReadonlySet<AdminCommand["verb"]> = new Set(["user.create", "limits.set"]);

/** Resolves with the exit code. */
export async function admin(
  command: AdminCommand,
  values: FlagValues,
  context: Context,
): Promise<number> {
  const { config } = await loadWith(values, context);
  const result = await perform(command, config.data.folder, context);
  context.out(result.out);
  context.err(result.err);
  return result.code;
}

async function perform(
  command: AdminCommand,
  folder: string,
  context: Context,
): Promise<AdminResult> {
  if (!existsSync(folder) && !FIRST.has(command.verb)) {
    throw new Error(`there is no data folder ${folder}: name it with --data-dir`);
  }
  const answer = await askServer(folder, command);
  if (answer !== undefined) return answer;
  const locked = await openDataFolder(folder);
  try {
    const store = await context.openAdminStore(folder);
    try {
      return await runCommand(store, command);
    } finally {
      await store.stop();
    }
  } finally {
    locked.release();
  }
}

/** `wsk completion bash|zsh` (wsk-cli 13). */
import { COMPLETION_SCRIPTS } from "../completion-scripts.ts";
import { type Context, checkArgs } from "../context.ts";

export async function printScript(context: Context, shell: "bash" | "zsh"): Promise<void> {
  checkArgs(context.args, 0, 0, "No arguments are required.");
  context.io.out(COMPLETION_SCRIPTS[shell]);
}

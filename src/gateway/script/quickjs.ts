/** QuickJS compiled to WebAssembly: loaded once, when the first function is met. */
import type { QuickJSWASMModule } from "quickjs-emscripten";
import type { JsonObject } from "../../core/documents.ts";

let loaded: QuickJSWASMModule | undefined;
let loading: Promise<QuickJSWASMModule> | undefined;

/** What may hold functions: only then is it loaded. */
const MENTIONS = /serverless-(?:pre|post)-function|filter_func|pre_function/;

export function mentionsFunctions(text: string): boolean {
  return MENTIONS.test(text);
}

/** The same of a resource, without writing it out. */
export function hasFunctions({ filter_func: filter, plugins }: JsonObject): boolean {
  if (filter !== undefined) return true;
  if (typeof plugins !== "object" || plugins === null) return false;
  return Object.keys(plugins).some(mentionsFunctions);
}

export function loadQuickJs(): Promise<QuickJSWASMModule> {
  loading ??= load();
  return loading;
}

/** Undefined while it is not loaded. */
export function quickJs(): QuickJSWASMModule | undefined {
  return loaded;
}

/** Its memory is not to be trusted any more: the next use loads it anew. */
export function dropQuickJs(): void {
  loaded = undefined;
  loading = undefined;
}

async function load(): Promise<QuickJSWASMModule> {
  const { newQuickJSWASMModule } = await import("quickjs-emscripten");
  loaded = await newQuickJSWASMModule();
  return loaded;
}

/**
 * Version of the client: that of the package it comes with. Nothing else stands in this file: the
 * one-file form of the client has the version itself in its place (scripts/wsk-script.ts).
 */
import { readFileSync } from "node:fs";

export function clientVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return version;
}

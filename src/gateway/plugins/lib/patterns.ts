/** Regular expressions of a configuration: checked when it is written, compiled once. */
import { compilePattern } from "../../pattern.ts";

/** In the words of the original's library, as far as they do not depend on it. */
export function patternProblem(sources: readonly string[] = []): string | undefined {
  const wrong = sources.find((source) => compilePattern(source) === undefined);
  return wrong === undefined ? undefined : `pcre2_compile() failed in "${wrong}"`;
}

/** Those that cannot be compiled match nothing: the Admin API does not let them in. */
export function compilePatterns(sources: readonly string[] = []): readonly RegExp[] {
  return sources.flatMap((source) => compilePattern(source) ?? []);
}

/** Conditions in the configurations of plugins: checked when stored, compiled once. */
import type { Json } from "../../../core/documents.ts";
import { compileExpression, type Expression } from "../../expression.ts";

/** The original's text for an expression that cannot be compiled; undefined: it can. */
export function expressionProblem(rules: Json): string | undefined {
  try {
    compileExpression(rules);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const compiled = new WeakMap<object, Expression>();

/** The same array gives the same expression; one that cannot be compiled never holds. */
export function expressionOf(rules: readonly Json[]): Expression {
  const known = compiled.get(rules);
  if (known !== undefined) return known;
  const made = expressionProblem([...rules]) === undefined ? compileExpression([...rules]) : never;
  compiled.set(rules, made);
  return made;
}

function never(): boolean {
  return false;
}

/** What mocha counted, read from its output, and the sum of several in the same form. */

/** Tests by how they ended. */
export interface Counts {
  readonly passing: number
  readonly pending: number
  readonly failing: number
}

/** The counts at the end of a mocha's output; 0 where it tells of none. */
export function countsOf(output: string): Counts {
  const count = (word: string): number => {
    const lines = [...output.matchAll(new RegExp(`^ +(\\d+) ${word}(?: .*)?$`, 'gm'))]
    return Number(lines.at(-1)?.[1] ?? 0)
  }
  return { passing: count('passing'), pending: count('pending'), failing: count('failing') }
}

/** All of them as mocha would have told them. */
export function totalOf(
  all: readonly Counts[],
  durationMs: number,
): { readonly text: string; readonly failing: number } {
  const sum = (of: keyof Counts): number => all.reduce((total, counts) => total + counts[of], 0)
  const lines = [`  ${sum('passing')} passing (${Math.round(durationMs / 1000)}s)`]
  if (sum('pending') > 0) lines.push(`  ${sum('pending')} pending`)
  if (sum('failing') > 0) lines.push(`  ${sum('failing')} failing`)
  return { text: `All parts:\n\n${lines.join('\n')}\n`, failing: sum('failing') }
}

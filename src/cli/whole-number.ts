/** Options that count something. */
import type { Arguments } from './arguments.ts'

/** The number of an option, `least` or more; undefined when it was not given. */
export function wholeNumberOption(args: Arguments, name: string, least: number): number | undefined {
  const text = args.text(name)
  if (text === null) return undefined
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(number) && number >= least) return number
  throw args.wrong(`--${name}`, `a whole number of ${least} or more`, `'${text}'`)
}

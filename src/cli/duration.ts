/** Durations as people write them: `500ms`, `10s`, `2m`, `1h`. */
import type { Arguments } from './arguments.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of an option that holds a duration; undefined when it was not given. */
export function durationOption(args: Arguments, name: string): number | undefined {
  const text = args.text(name)
  if (text === null) return undefined
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const ms = match ? Number(match[1]) * (units[match[2] as string] as number) : NaN
  if (Number.isSafeInteger(ms)) return ms
  throw args.wrong(`--${name}`, 'a duration of whole milliseconds like 500ms, 10s, 2m or 1h', `'${text}'`)
}

/** How long ago something was, for people, in one unit: `just now`, `5 minutes ago`, `3 days ago`. */
export function agoText(ms: number): string {
  const steps = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ] as const
  for (const [length, unit] of steps) {
    const number = Math.floor(ms / length)
    if (number > 0) return `${number} ${unit}${number === 1 ? '' : 's'} ago`
  }
  return ms < -60_000 ? 'in the future' : 'just now'
}

/** A duration for people: `850 ms`, `12.3 s`, `2 m 05 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`
}

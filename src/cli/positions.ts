/** Positions and bounds as people write them: `0:123,1:456`, a JSON file of the same, or for bounds a time. */
import { readFile } from 'node:fs/promises'
import { instantFromText, instantIn } from '../codec/iso-time.ts'
import { messageOf } from '../errors.ts'
import type { PartitionPositions } from '../record/position.ts'
import type { LogBound } from '../source/log-bound.ts'
import type { Arguments } from './arguments.ts'

/** By source, then by partition. */
export type PositionsBySource = Readonly<Record<string, Readonly<Record<number, number>>>>

const inline = /^\d+:\d+(,\d+:\d+)*$/
const forms = '0:123,1:456, or a JSON file like {"0": 123, "1": 456}'

/** Positions in one log; undefined when the option was not given. */
export async function positionsOption(
  args: Arguments,
  name: string,
): Promise<PartitionPositions | undefined> {
  const text = args.text(name)
  return text === null ? undefined : readPositions(args, name, text, forms)
}

/** A bound in one log: positions, milliseconds since the epoch, or an ISO 8601 time. */
export async function boundOption(args: Arguments, name: string): Promise<LogBound | undefined> {
  const text = args.text(name)
  if (text === null) return undefined
  const timeMs = instantMs(text)
  if (timeMs !== null) return { timeMs }
  return { positions: await readPositions(args, name, text, `${forms}, or a time like 2011-11-01T00:00:00Z`) }
}

/** Positions of several sources, `{"purchases": {"0": 123}}`; a job with one source takes the short forms too. */
export async function positionsBySource(
  args: Arguments,
  name: string,
  sources: readonly string[],
): Promise<PositionsBySource | undefined> {
  const text = args.text(name)
  if (text === null) return undefined
  const [only, ...others] = sources
  const short = others.length === 0 && only !== undefined
  if (inline.test(text) && short) return { [only]: Object.fromEntries(inlinePositions(text)) }
  const value = await readJson(args, name, text, `a JSON file like {"${only}": {"0": 123, "1": 456}}`)
  if (short && isPositions(value)) return { [only]: value }
  if (isObject(value) && Object.values(value).every(isPositions)) return value as PositionsBySource
  throw args.wrong(
    `--${name}: ${text}`,
    `{"${only}": {"0": 123, "1": 456}}`,
    JSON.stringify(value).slice(0, 80),
  )
}

async function readPositions(
  args: Arguments,
  name: string,
  text: string,
  expected: string,
): Promise<PartitionPositions> {
  if (inline.test(text)) return inlinePositions(text)
  const value = await readJson(args, name, text, expected)
  if (isPositions(value))
    return new Map(Object.entries(value).map(([partition, at]) => [Number(partition), at]))
  throw args.wrong(`--${name}: ${text}`, expected, JSON.stringify(value).slice(0, 80))
}

async function readJson(args: Arguments, name: string, path: string, expected: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw args.wrong(`--${name}`, expected, `'${path}' (${messageOf(error)})`)
  }
}

function inlinePositions(text: string): PartitionPositions {
  return new Map(text.split(',').map(each => each.split(':').map(Number) as [number, number]))
}

/** Milliseconds since the epoch as a number or an ISO 8601 time; null for anything else. */
export function instantMs(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text)
  const instant = instantFromText(text)
  return instant && (instantIn(instant, 'ms') as number | null)
}

function isPositions(value: unknown): value is Readonly<Record<number, number>> {
  if (!isObject(value)) return false
  return Object.entries(value).every(
    ([partition, at]) => /^\d+$/.test(partition) && Number.isSafeInteger(at) && (at as number) >= 0,
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sizes as people write them: `64MiB`, `1GB`, `1048576`. */
import type { Arguments } from './arguments.ts'

const units: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** Bytes of an option that holds a size, 1 or more; undefined when it was not given. */
export function sizeOption(args: Arguments, name: string): number | undefined {
  const text = args.text(name)
  if (text === null) return undefined
  const [, number, unit] = /^(\d+)([KMG]i?B)?$/.exec(text) ?? []
  const bytes = Number(number) * (units[unit ?? ''] as number)
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes
  throw args.wrong(`--${name}`, 'a size like 1048576, 64MiB or 1GB', `'${text}'`)
}

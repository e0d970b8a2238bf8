/** `headwater verify`: everything in a savepoint checked again. */
import { badData } from '../../errors.ts'
import type { Finding } from '../../savepoint/findings.ts'
import type { VerifyReport } from '../../savepoint/verify.ts'
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { count, facts } from '../table.ts'

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Check a savepoint in full: checksums, order, counts, layers, digests',
  about: 'Reads all of it, changes nothing and runs no code of the job. Exit code 1 when it is damaged.',
  positionals: [savepointArgument],
  options: {
    sums: { text: 'sizes and checksums alone: that all is as it was written' },
  },
  examples: [
    ['verify savepoints/november', 'before the log is trimmed, for instance'],
    ['verify savepoints/november --sums', 'after it was copied, for instance'],
  ],
  run: async (args, session) => {
    const { verifySavepoint } = await import('../../savepoint/verify.ts')
    const report = await verifySavepoint(args.word('SAVEPOINT'), { sumsOnly: args.flag('sums') })
    if (session.json) await session.out.json(report)
    else await session.out.lines(lines(report))
    if (!report.sound) throw damaged(report)
  },
}

function lines({
  checked,
  manifestPath,
  sound,
  findings,
  segments,
  rows,
  keys,
  stateDigest,
}: VerifyReport): readonly string[] {
  return [
    ...facts([
      [sound ? (checked === 'sums' ? 'sums are right' : 'sound') : 'DAMAGED', manifestPath],
      ['segments', `${count(segments)} with ${count(rows)} entries`],
      ...keys.map(each => [`keys of ${each.uid}`, count(each.keys)] as const),
      ['state digest', stateDigest],
    ]),
    ...grouped(findings),
  ]
}

/** Each thing once, with the first place where it was found. */
function grouped(findings: readonly Finding[]): readonly string[] {
  const groups = new Map<string, { readonly line: string; count: number }>()
  for (const { level, where, what } of findings) {
    const group = groups.get(`${level} ${what}`) ?? { line: `${level}: ${where}: ${what}`, count: 0 }
    group.count++
    groups.set(`${level} ${what}`, group)
  }
  const more = (others: number): string => (others > 0 ? ` (and ${count(others)} more such)` : '')
  return [...groups.values()].map(group => `${group.line}${more(group.count - 1)}`)
}

function damaged({ manifestPath, findings }: VerifyReport): Error {
  const errors = findings.filter(({ level }) => level === 'error')
  const [first] = errors
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : ''
  return badData({
    code: 'damaged-savepoint',
    thing: manifestPath,
    expected: 'a sound savepoint',
    found: first === undefined ? 'damage' : `${first.where}: ${first.what}${more}`,
    remedy: 'restore it from a copy, or bootstrap again',
  })
}

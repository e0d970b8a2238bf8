/** How a command line ends that can't be obeyed. */
import { expect } from 'chai'
import { headwater, type RunSettings } from './headwater.ts'

/** What the error must say. */
export interface Refusal {
  /** `data not-parquet`. */
  readonly error: string
  /** The file, column, partition or flag that it is about: part of its one line. */
  readonly place: string | RegExp
  /** Default 1. */
  readonly exitCode?: number
}

/**
 * Runs the command with `--json`, expects the error as the last line of stderr: one line with kind, code, place and
 * remedy, nothing on stdout, and the exit code.
 */
export async function refuses(
  args: readonly string[],
  refusal: Refusal,
  settings: RunSettings = {},
): Promise<void> {
  const { code, stdout, stderr } = await headwater([...args, '--json'], settings)
  const lines = stderr.trimEnd().split('\n')
  const said = JSON.parse(lines.at(-1) ?? '') as Readonly<Record<string, string>>
  expect(`${said.kind} ${said.code}`, stderr).to.equal(refusal.error)
  expect(said.message).to.match(/^[^\n]+$/)
  expect(said.message).to.match(
    typeof refusal.place === 'string' ? new RegExp(escaped(refusal.place)) : refusal.place,
  )
  expect(said.remedy, `remedy of: ${said.message}`).to.be.a('string').with.length.above(5)
  expect(stdout).to.equal('')
  expect(code).to.equal(refusal.exitCode ?? 1)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

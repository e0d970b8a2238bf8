/** What is in a folder of savepoints, checkpoints and archived files: what a person sees, and what nobody needs. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ls } from '../../src/savepoint/ls.ts'
import { allSegments } from '../../src/savepoint/manifest-rules.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { pinFile } from '../../src/source/parquet/pin.ts'
import type { Scenario } from './crash-scenarios.ts'

/** What a person sees: whole savepoints and checkpoints by name and what they hold; unfinished ones are nothing yet. */
export async function seen(folder: string): Promise<string> {
  const found = await ls(folder)
  const damaged = found.filter(each => !each.complete && each.contents !== null)
  if (damaged.length > 0)
    throw new Error(`damaged: ${damaged.map(each => `${each.name}: ${each.problem}`).join()}`)
  const history = join(folder, 'history')
  const names = (await readdir(history).catch((): string[] => [])).filter(name => name.endsWith('.parquet'))
  const files: string[] = []
  for (const name of names.filter(each => !each.startsWith('.')).sort()) {
    await pinFile(join(history, name), folder, new Map()) // a file that is cut has none
    files.push(`${name} of ${(await stat(join(history, name))).size} bytes`)
  }
  const shown = found.filter(each => each.contents !== null)
  for (const each of shown) {
    const report = await verifySavepoint(each.path)
    const errors = report.findings.filter(({ level }) => level === 'error')
    if (errors.length > 0) throw new Error(`${each.name} is damaged: ${errors[0]!.where} ${errors[0]!.what}`)
  }
  return [...shown.map(({ name, contents }) => `${name} ${contents!.kind}`), ...files].join(', ')
}

/** Files that nobody needs after the next run. */
export async function leaks(folder: string): Promise<readonly string[]> {
  const needed = new Set<string>()
  const found: string[] = []
  for (const each of await ls(folder)) {
    const { manifest } = await openSavepoint(each.path)
    for (const { name } of allSegments(manifest)) needed.add(`${name}.arrow`).add(`${name}.index.json`)
  }
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files.filter(each => each.isFile())) {
    const fine =
      /^(?:manifest|\d{8})\.json$|^\d{8}\.floor$|^[^.].*\.parquet$/.test(file.name) || needed.has(file.name)
    if (!fine) found.push(file.name)
  }
  const folders = files.filter(each => each.isDirectory() && /^(?:attempt|dead)-/.test(each.name))
  return [...found, ...folders.map(({ name }) => name)]
}

/** What may be seen in the middle of a change: the old, the new, and what is between where it is done file by file. */
export async function statesOf(scenario: Scenario, folder: string): Promise<ReadonlySet<string>> {
  const { name } = scenario
  await scenario.prepare(folder)
  const before = await seen(folder)
  await scenario.change(folder)
  const after = await seen(folder)
  const isByParts = name === 'archive' || name === 'transaction'
  const between = name === 'gc' ? collected(before) : isByParts ? extended(after) : []
  return new Set([before, after, ...between])
}

/** What is there before the last ones came. */
function extended(shown: string): readonly string[] {
  const parts = shown.split(', ')
  return parts.map((_, i) => parts.slice(0, i + 1).join(', '))
}

/** What is left when the oldest are gone. */
function collected(shown: string): readonly string[] {
  const parts = shown.split(', ')
  return parts.map((_, i) => parts.slice(i).join(', '))
}

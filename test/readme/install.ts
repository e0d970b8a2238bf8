/** A folder in which the package is installed, as a user of README.md has one. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from '../cli/headwater.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Installs it there; gives the folder that holds `headwater`. */
export function installIn(folder: string): string {
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/headwater'))
  symlinkSync(program, join(folder, 'node_modules/.bin/headwater'))
  chmodSync(program, 0o755)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  return join(folder, 'node_modules/.bin')
}

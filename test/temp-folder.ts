/** A new empty folder for each test that asks, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Call inside `describe`; the returned function makes a folder. */
export function tempFolders(): () => string {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-test-'))
    folders.push(folder)
    return folder
  }
}

/** Call inside `describe`; the folder is there from its beginning to its end, for all of its tests. */
export function sharedFolder(): () => string {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-test-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  return () => folder
}

// Every command on savepoints is a function of the library, documented, and says the same as the command.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as headwater from '../src/index.ts'
import { tempFolders } from './temp-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const golden = join(root, 'fixtures/savepoints/v1/flat')
const commands =
  'ls show get scan query diff verify export exportState create edit rewrite merge digest compact gc'.split(
    ' ',
  )

describe('library', () => {
  const folders = tempFolders()

  it('has each command on savepoints as a function, and README names them', () => {
    const library: Readonly<Record<string, unknown>> = headwater
    for (const name of commands) expect(library[name], name).to.be.a('function')
    const [, named] =
      /function of the library too[^`]*`([^`]*)`/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    expect(named?.split(/\s+/)).to.deep.equal(commands.filter(name => name !== 'export'))
  })

  it('says of each what it does and how it fails', () => {
    const index = readFileSync(join(root, 'src/index.ts'), 'utf8')
    for (const name of commands) {
      const [, own, path] =
        new RegExp(`export \\{[^}]*?(?:\\b(\\w+) as )?\\b${name}\\b[^}]*\\} from '(.*)'`).exec(index) ?? []
      const text = readFileSync(join(root, 'src', path!), 'utf8')
      const [, comment] =
        new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\nexport (?:async )?function ${own ?? name}\\(`).exec(
          text,
        ) ?? []
      expect(comment, name).to.match(/\berrors?\b/i)
    }
  })

  it('answers from a path alone', async () => {
    const { contents, proof, unreadable } = await headwater.show(golden)
    expect(unreadable).to.deep.equal([])
    expect(proof.manifestDigest).to.match(/^[0-9a-f]{64}$/)
    const lists = contents.find(({ table }) => table.uid === 'lists' && table.state.name === 'list 0')
    expect([lists?.keys, lists?.rows]).to.deep.equal([2, 5])
    expect((await headwater.show(golden, { operator: 'lists', entries: false })).contents).to.deep.equal([])

    const { found, operators } = await headwater.get(golden, 1)
    const entry = operators.find(({ uid }) => uid === 'lists')?.states[0]?.entry
    expect([found, entry]).to.deep.equal([true, { kind: 'list', elements: [true, false, true] }])

    expect((await headwater.verify(golden)).sound).to.equal(true)
    const digest = readFileSync(`${golden}.state-digest`, 'utf8').trim()
    const known = await headwater.digest(golden, { recompute: true, groups: true })
    expect(known).to.deep.include({ stateDigest: digest, computed: true })
    expect(known.groups?.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash))).to.equal(true)
    expect(
      (await headwater.ls(join(golden, '..'))).some(({ name, complete }) => name === 'flat' && complete),
    ).to.equal(true)

    const to = join(folders(), 'list.ndjson')
    const report = await headwater.export(golden, 'lists', 'list 0', { to })
    expect(report.rows).to.equal(5)
    const rows: unknown[] = []
    for await (const row of headwater.scan(golden, 'lists', 'list 0')) rows.push(row)
    expect(rows).to.have.length(5)
    for await (const difference of headwater.diff(golden, golden))
      expect(headwater.isDifferent(difference)).to.equal(false)
  })

  for (const name of ['flat', 'layers']) {
    it(`loses nothing of the golden savepoint ${name} by other key groups and back`, async () => {
      const folder = folders()
      const from = join(golden, '..', name)
      const there = await headwater.rewrite(from, {
        into: join(folder, 'there'),
        keyGroups: 7,
        rekey: ({ key }) => key,
      })
      const { keyGroups } = (await headwater.openSavepoint(from)).manifest
      const back = await headwater.rewrite(there.savepoint!, { into: join(folder, 'back'), keyGroups })
      const digest = readFileSync(`${from}.state-digest`, 'utf8').trim()
      expect(back.savepoint?.manifest.stateDigest).to.equal(digest)
    })
  }
})

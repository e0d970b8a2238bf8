/** A part of `npm run torture`: six SIGKILLs over bootstrap → handoff → live, in three trials. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { tempFolders } from '../temp-folder.ts'
import { randomFrom } from '../../tools/torture/random.ts'
import { differences, trial } from '../../tools/torture/trial.ts'
import { makeWorld } from '../../tools/torture/world.ts'

describe('kills at random moments', function () {
  this.timeout(240_000)
  const newFolder = tempFolders()

  it('end as an undisturbed run, in state and in every sink', async () => {
    const folder = newFolder()
    const world = await makeWorld(folder, 20_000)
    const place = (name: string): string => {
      mkdirSync(join(folder, name))
      return join(folder, name)
    }
    const expected = await trial(world, place('calm'), [])
    expect(expected.emitted.size).to.be.greaterThan(1000)
    const random = randomFrom(7)
    for (let number = 1; number <= 3; number++) {
      const moments = [random(), random()].map(share => share * expected.tookMs).sort((a, b) => a - b)
      const found = await trial(world, place(`trial-${number}`), moments)
      expect(differences(expected, found), `killed at ${moments.join(', ')} ms`).to.deep.equal([])
    }
  })
})

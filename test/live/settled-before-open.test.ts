// A start that is settled by another between its first manifest and its first checkpoint can commit no more.
import { expect } from 'chai'
import { tempFolders } from '../temp-folder.ts'
import { stopAt, TransactionsWorld, type RunStep } from './transactions-world.ts'

describe('a start that is settled before it reads', () => {
  const folders = tempFolders()

  const cases = [undefined, { index: 0, count: 2 }] as const
  for (const task of cases) {
    for (const successor of cases) {
      const name = (each: (typeof cases)[number]): string => (each ? 'a task' : 'a run')
      it(`does not commit what ${name(successor)} does again: ${name(task)}, frozen when it opens and when it has committed`, async () => {
        const it = await new TransactionsWorld(folders(), 2).begin()
        const pair = [task, task && { ...task, index: 1 }]
        await it.append(8)
        for (const each of task ? pair : [undefined]) await it.run(undefined, { task: each })
        await it.append(8)
        const [opening, committed] = [stopAt('open'), stopAt('decided')]
        const at = async (step: RunStep): Promise<void> => {
          await opening.at(step)
          await committed.at(step)
        }
        const first = it.begun(at, { task })
        expect(await opening.reached).to.equal('open')
        const settling = stopAt('settled')
        const second = it.begun(settling.at, { task: successor })
        expect(await settling.reached).to.equal('settled')
        opening.wake()
        await Promise.race([committed.reached, first.outcome])
        settling.wake()
        await second.outcome
        committed.wake()
        await first.outcome
        await it.runAtLast()
        await it.isExact()
      })
    }
  }
})

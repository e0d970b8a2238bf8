/** Random histories of a store, held against a naive model (store-world.ts). */
import fc, { type Arbitrary } from 'fast-check'
import { expect } from 'chai'
import { inTempFolder } from './samples.ts'
import { StoreWorld, type Step } from './store-world.ts'

const weights: Readonly<Record<Step['does'], number>> = {
  start: 3,
  write: 8,
  commit: 8,
  merge: 3,
  retain: 4,
  clean: 2,
  exit: 2,
  vanish: 2,
  gc: 3,
  compact: 3,
  pin: 4,
  unpin: 2,
  'kill reader': 1,
  wait: 2,
}

const single: Arbitrary<Step> = fc.record({
  does: fc.oneof(
    ...Object.entries(weights).map(([does, weight]) => ({
      weight,
      arbitrary: fc.constant(does as Step['does']),
    })),
  ),
  isFormer: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  who: fc.nat(7),
  n: fc.nat(11),
  dieAt: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
  ),
})

const own = (does: Step['does'], n: number = 0): Step => ({ does, isFormer: false, who: 0, n, dieAt: null })
const former = (does: Step['does'], n: number = 0): Step => ({ ...own(does, n), isFormer: true })

/** What seldom comes about by chance, each at any place of a history. */
const stories: readonly (readonly Step[])[] = [
  // A former owner wakes up when the checkpoint that fenced it was let go.
  [own('start', 0), own('commit'), own('write', 1), own('commit'), own('retain'), former('commit')],
  [own('exit'), own('start', 0), own('start', 0), own('commit'), own('retain'), former('commit')],
  // What is read is folded away, and let go.
  [
    own('write', 1),
    own('commit'),
    own('pin', 0),
    own('write', 2),
    own('merge', 0),
    own('commit'),
    own('gc', 0),
  ],
  // A former owner cleans while the owner writes.
  [own('start', 1), own('write', 1), former('clean'), own('commit')],
]

const histories: Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: single.map(step => [step]) },
      { weight: 1, arbitrary: fc.constantFrom(...stories) },
    ),
    { minLength: 5, maxLength: 35, size: 'max' },
  )
  .map(parts => parts.flat())

describe('random histories of a store', () => {
  it('lose nothing that is kept or read, give no number twice, and leave nothing', async () => {
    const happened = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(histories, history =>
        inTempFolder(async root => {
          const world = new StoreWorld(root)
          for (const step of [own('start', history.length), ...history]) await world.do(step)
          await world.end()
          for (const [what, times] of world.happened) happened.set(what, (happened.get(what) ?? 0) + times)
        }),
      ),
      { numRuns: Number(process.env['HEADWATER_HISTORIES'] ?? 30) },
    )
    for (const what of [
      'killed',
      'retired',
      'commit of the owner',
      'commit of a former owner',
      'compact: changed',
      'compact: owner-alive',
    ])
      expect(happened.get(what) ?? 0, what).to.be.greaterThan(0)
  })
})

/** Slots of keys, held against a Map. */
import { expect } from 'chai'
import fc from 'fast-check'
import { KeySlots } from '../../src/live/key-slots.ts'
import type { KeyPart } from '../../src/record/key.ts'

const keys: fc.Arbitrary<KeyPart> = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(i => `u${i}`),
  fc.integer({ min: 0, max: 24 }).map(length => 'k'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('a\0', 'a', '\0', '', 'ü', 7, -0.5, 7n, true, false),
)

/** The same in both, for every key of either. */
function agree(slots: KeySlots, model: ReadonlyMap<KeyPart, number>, asked: readonly KeyPart[]): void {
  expect(slots.size).to.equal(model.size)
  for (const key of asked) expect(slots.get(key)).to.equal(model.get(key) ?? -1)
}

describe('slots of keys', () => {
  it('as a Map has them, through additions and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, fc.boolean()), { maxLength: 100 }), steps => {
        const [slots, model] = [new KeySlots(), new Map<KeyPart, number>()]
        for (const [i, [key, isRemoved]] of steps.entries()) {
          if (isRemoved) {
            slots.delete(key)
            model.delete(key)
          } else if (!model.has(key)) {
            slots.add(key, i)
            model.set(key, i)
          }
        }
        agree(
          slots,
          model,
          steps.map(([key]) => key),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('tens of thousands, of which every third goes, and new ones come', () => {
    const [slots, model] = [new KeySlots(), new Map<KeyPart, number>()]
    const all = Array.from({ length: 30_000 }, (_, i) => `user-${(i * 7919) % 1_000_003}`)
    for (const [i, key] of all.entries()) {
      slots.add(key, i)
      model.set(key, i)
    }
    for (let round = 0; round < 3; round++) {
      for (let i = round; i < all.length; i += 3) {
        const key = all[i]!
        slots.delete(key)
        model.delete(key)
      }
      for (let i = round; i < all.length; i += 6) {
        const key = all[i]!
        slots.add(key, i)
        model.set(key, i)
      }
      agree(slots, model, all)
    }
  })

  it('keys that were made to meet are found all the same, and fast', () => {
    // The hash of a text whose later words are 0 runs through few values where only its last word differs: take many and keep
    // those that share their place.
    const slots = new KeySlots()
    const all = Array.from({ length: 600 }, (_, i) =>
      String.fromCharCode(1 + (i % 120), 1 + Math.floor(i / 120)),
    )
    for (const [i, key] of all.entries()) slots.add(key, i)
    for (const [i, key] of all.entries()) expect(slots.get(key)).to.equal(i)
  })
})

/** Chance by a seed. Whoever takes turns with others has a stream of its own, so that none depends on who was faster. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom } from '../torture/random.ts'

export class Chance {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  /** Another stream. */
  split(): Chance {
    return new Chance(Math.floor(this.#random() * 2 ** 32))
  }

  is(probability: number): boolean {
    return this.#random() < probability
  }

  between(low: number, high: number): number {
    return low + this.#random() * (high - low)
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!
  }

  /** One of the names, by their weights. */
  weighted<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T {
    const entries = Object.entries(weights) as [T, number][]
    let left = this.#random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    return entries.find(([, weight]) => (left -= weight) < 0)?.[0] ?? entries.at(-1)![0]
  }

  async pause(lowMs: number, highMs: number): Promise<void> {
    await sleep(this.between(lowMs, highMs))
  }
}

/** Output of several parts at once, printed as if they came one after another. */

/** What a part says before its turn is held back until all parts before it have ended. */
export class InOrder {
  readonly #held: string[]
  readonly #hasEnded: boolean[]
  readonly #write: (text: string) => void
  #turn = 0

  constructor(parts: number, write: (text: string) => void) {
    this.#held = Array.from({ length: parts }, () => '')
    this.#hasEnded = Array.from({ length: parts }, () => false)
    this.#write = write
  }

  print(part: number, text: string): void {
    if (part === this.#turn) this.#write(text)
    else this.#held[part] += text
  }

  end(part: number): void {
    this.#hasEnded[part] = true
    while (this.#hasEnded[this.#turn] === true) {
      this.#turn++
      this.#write(this.#held[this.#turn] ?? '')
      if (this.#turn < this.#held.length) this.#held[this.#turn] = ''
    }
  }
}

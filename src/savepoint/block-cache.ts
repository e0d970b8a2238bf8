/** Blocks that were read last, decoded; reads under way count, so that two askers of one block share it. */
import type { EntryRows } from './savepoint.ts'
import type { SegmentFile } from './segment-file.ts'

/** At most so many neighbouring blocks are read at once. */
const runBlocks = 32

/** Blocks of any segments, the least recently used given up first. */
export class BlockCache {
  readonly #capacity: number
  readonly #blocks = new Map<string, Promise<EntryRows>>()

  /** `capacity`: how many blocks are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** A block that is kept; undefined when it must be read. */
  get(segment: SegmentFile, block: number): Promise<EntryRows> | undefined {
    const key = keyOf(segment, block)
    const found = this.#blocks.get(key)
    if (found !== undefined) {
      this.#blocks.delete(key)
      this.#blocks.set(key, found)
    }
    return found
  }

  /** Reads the blocks [first, end) at once and keeps them. */
  read(segment: SegmentFile, first: number, end: number): readonly Promise<EntryRows>[] {
    const all = segment.blocks(first, end)
    return Array.from({ length: end - first }, (_, i) => {
      const block = all.then(blocks => blocks[i]!)
      this.#keep(keyOf(segment, first + i), block)
      return block
    })
  }

  #keep(key: string, block: Promise<EntryRows>): void {
    this.#blocks.set(key, block)
    block.catch(() => this.#blocks.delete(key)) // what failed is read again when it is asked for again
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#capacity) return
      this.#blocks.delete(oldest)
    }
  }
}

function keyOf(segment: SegmentFile, block: number): string {
  return `${segment.info.name}:${block}`
}

/** Blocks of a segment as they are best read: kept ones alone, others together with their neighbours. */
export type BlockRun = readonly [first: number, end: number]

/** Cuts ascending block numbers into runs of neighbours. */
export function runsOfBlocks(
  numbers: readonly number[],
  isKept: (block: number) => boolean,
): readonly BlockRun[] {
  const runs: [first: number, end: number][] = []
  let open: [first: number, end: number] | null = null
  for (const block of numbers) {
    if (isKept(block)) {
      runs.push([block, block + 1])
      open = null
    } else if (open !== null && open[1] === block && block - open[0] < runBlocks) {
      open[1]++
    } else {
      open = [block, block + 1]
      runs.push(open)
    }
  }
  return runs
}

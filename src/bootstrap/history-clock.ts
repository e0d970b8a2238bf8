/**
 * What the clock of a stage was just before any place in the canonical schedule. A key group is folded alone, so clocks
 * are not kept while folding: they are looked up, from the watermark steps that the scan kept, when an operator asks.
 *
 * The canonical schedule takes next the partition head with the least (running maximum, source, partition).
 */
import { noWatermark, watermarkAt, type EventTime, type Watermark } from '../record/event-time.ts'
import { countBelow, type Timeline } from './timeline.ts'

/** A place in the canonical schedule. */
export interface SchedulePlace {
  readonly max: EventTime
  readonly source: number
  readonly partition: number
  readonly sequence: number
}

/** The clock of a stage over its history. */
export class HistoryClock {
  readonly #timelines: readonly Timeline[]
  readonly #perPartition: boolean
  #peaks: { readonly maxima: Float64Array; readonly clocks: Float64Array } | null = null

  /** `timelines`: of all partitions of all sources that reach the stage. */
  constructor(timelines: readonly Timeline[], perPartition: boolean) {
    this.#timelines = timelines.toSorted((a, b) => a.source - b.source || a.partition - b.partition)
    this.#perPartition = perPartition
  }

  /** The clock before the record at that place. */
  before(place: SchedulePlace): Watermark {
    if (!this.#perPartition) return Math.max(this.#minimumBefore(place), this.#peakBefore(place))
    const own = this.#timelines.find(line => isAt(line, place))
    return own ? watermarkOf(own, own.before(place.max, place.sequence)) : noWatermark
  }

  /** The clock after all of history; −Infinity when no record had a time. */
  final(): Watermark {
    let least = Infinity
    for (const line of this.#timelines) {
      if (line.finalMax !== null) least = Math.min(least, watermarkOf(line, line.finalMax))
    }
    const end = { max: Infinity, source: Infinity, partition: Infinity, sequence: Infinity }
    return Math.max(least === Infinity ? noWatermark : least, this.#peakBefore(end))
  }

  /** The minimum over the partitions that began before the place; a partition that did not begin takes no part. */
  #minimumBefore(place: SchedulePlace): Watermark {
    let least = Infinity
    for (const line of this.#timelines) {
      const max = isAt(line, place) ? line.before(place.max, place.sequence) : lastBefore(line, place)
      if (max !== -Infinity) least = Math.min(least, watermarkOf(line, max))
    }
    return least === Infinity ? noWatermark : least
  }

  /**
   * A clock never goes back, yet the minimum does when a partition begins whose lateness is larger than that of the
   * others. So where lateness differs, the highest clock that stood before each running maximum is kept as well.
   */
  #peakBefore(place: SchedulePlace): Watermark {
    const [first] = this.#timelines
    if (this.#timelines.every(line => line.outOfOrderness === first?.outOfOrderness)) return noWatermark
    this.#peaks ??= this.#collectPeaks()
    const below = this.#peaks.clocks[countBelow(this.#peaks.maxima, place.max, false) - 1] ?? noWatermark
    return Math.max(below, ...this.#clocksAt(place.max, line => isFirst(line, place)))
  }

  #collectPeaks(): { maxima: Float64Array; clocks: Float64Array } {
    const all = new Set(this.#timelines.flatMap(line => [...line.maxima]))
    const maxima = Float64Array.from(all).sort()
    let peak = noWatermark
    const clocks = maxima.map(max => (peak = Math.max(peak, ...this.#clocksAt(max, () => true))))
    return { maxima, clocks }
  }

  /** The clocks that stand while those partitions, one after the other, reach running maximum `max`. */
  #clocksAt(max: EventTime, among: (line: Timeline) => boolean): readonly Watermark[] {
    const after = ({ source, partition }: Timeline): SchedulePlace => ({
      max,
      source,
      partition: partition + 0.5,
      sequence: Infinity,
    })
    return this.#timelines.filter(among).map(line => this.#minimumBefore(after(line)))
  }
}

function isAt(line: Timeline, place: SchedulePlace): boolean {
  return line.source === place.source && line.partition === place.partition
}

/** The last running maximum of another partition that comes before the place. */
function lastBefore(line: Timeline, place: SchedulePlace): EventTime {
  return line.maxima[countBelow(line.maxima, place.max, isFirst(line, place)) - 1] ?? -Infinity
}

/** Whether the partition's turn comes first among equal running maxima. */
function isFirst(line: Timeline, place: SchedulePlace): boolean {
  return line.source < place.source || (line.source === place.source && line.partition < place.partition)
}

function watermarkOf(line: Timeline, max: EventTime): Watermark {
  return max === -Infinity ? noWatermark : watermarkAt(max, line.outOfOrderness)
}

/** Colours of results on a terminal; plain text everywhere else, and where NO_COLOR is set. */
import type { WriteStream } from 'node:tty'

/** Colours text, or does not. */
export interface Paint {
  readonly green: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

type Stream = Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>

/** For what is written to the stream. Node's own answer heeds NO_COLOR, FORCE_COLOR and TERM. */
export function paintFor(stream: Stream = process.stdout): Paint {
  const isColoured = stream.isTTY === true && stream.hasColors?.() === true
  const colour =
    (start: number, end: number) =>
    (text: string): string =>
      isColoured && text !== '' ? `\u001b[${start}m${text}\u001b[${end}m` : text
  return {
    green: colour(32, 39),
    red: colour(31, 39),
    yellow: colour(33, 39),
    dim: colour(2, 22),
    bold: colour(1, 22),
  }
}

/**
 * The lines of a byte stream: by newline alone (JSON text may hold other line separators, which readline would split at),
 * and refusing bytes that are not UTF-8 instead of replacing them.
 */
import { badData } from '../errors.ts'

/** Each line without its newline; the last one may lack it. `data` `not-utf8` names the input and says where. */
export async function* textLines(
  input: AsyncIterable<Uint8Array | string>,
  name: string,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let number = 1
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch {
      throw badData({ code: 'not-utf8', thing: `${name} line ${number} or soon after`, expected: 'UTF-8' })
    }
  }
  for await (const piece of input) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoded(piece))).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield line
    number += lines.length
  }
  rest += decoded()
  if (rest !== '') yield rest
}

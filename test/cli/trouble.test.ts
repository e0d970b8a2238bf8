// Who waits for a topic that does not answer is told so once it lasts, and not again at every try.
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { troubleTeller } from '../../src/cli/log-options.ts'
import { ProgressView } from '../../src/cli/progress.ts'
import { Screen } from '../../src/cli/screen.ts'

describe('trouble with a topic', () => {
  for (const [json, line] of [
    [false, (text: string) => `${text}\n`],
    [true, (text: string) => `${JSON.stringify({ event: 'warning', text })}\n`],
  ] as const) {
    it(`is told once it lasts, once for each reason${json ? ', to programs too' : ''}`, () => {
      const stream = new PassThrough()
      const tell = troubleTeller({ progress: new ProgressView(new Screen(stream, json), systemClock) })
      const said = (): string => String((stream.read() as Buffer | null) ?? '')
      for (let i = 0; i < 3; i++) tell('refused')
      expect(said()).to.equal('')
      tell('refused')
      expect(said()).to.equal(line('refused'))
      for (let i = 0; i < 9; i++) tell('refused')
      for (let i = 0; i < 4; i++) tell('away')
      expect(said()).to.equal(line('away'))
    })
  }
})

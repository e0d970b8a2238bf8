import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { ChangeNotice } from '../../../src/source/file-log/change-notice.ts'
import { tempFolders } from '../../temp-folder.ts'

describe('change notice', () => {
  const tempFolder = tempFolders()
  const notices: ChangeNotice[] = []
  afterEach(() => {
    for (const notice of notices.splice(0)) notice.close()
  })

  function noticeOf(
    folders: readonly string[],
    clock: Clock,
    signal = new AbortController().signal,
  ): ChangeNotice {
    const notice = new ChangeNotice(folders, clock, 1000, signal)
    notices.push(notice)
    return notice
  }

  /** A clock whose pauses last until they are ended early. */
  const endless: Clock = {
    ...systemClock,
    sleep: (_ms, signal) =>
      new Promise(resolve => {
        signal?.addEventListener('abort', () => {
          resolve()
        })
      }),
  }

  it('lets the first wait pass: what came before it watched must be looked for', async () => {
    const clock = { ...systemClock, sleep: () => Promise.reject(new Error('it waited')) }
    await noticeOf([tempFolder()], clock).wait()
  })

  it('hears of content and of names', async () => {
    const folder = tempFolder()
    const file = join(folder, 'a')
    writeFileSync(file, '')
    const notice = noticeOf([tempFolder(), folder], endless)
    await notice.wait()
    appendFileSync(file, 'x')
    expect(await notice.wait()).to.equal('content')
    writeFileSync(join(folder, 'b'), '')
    while ((await notice.wait()) !== 'names'); // after further words on the first change, where the system has them
  })

  it('ends a wait by the poll as a change of names', async () => {
    const polled: number[] = []
    const clock = { ...systemClock, sleep: async (ms: number) => void polled.push(ms) }
    const notice = noticeOf([tempFolder()], clock)
    await notice.wait()
    expect(await notice.wait()).to.equal('names')
    expect(polled).to.deep.equal([1000])
  })

  it('relies on the poll where a folder can not be watched', async () => {
    const clock = { ...systemClock, sleep: async () => undefined }
    const notice = noticeOf([join(tempFolder(), 'not-there')], clock)
    await notice.wait()
    expect(await notice.wait()).to.equal('names')
  })

  it('ends a wait when its signal aborts, before or meanwhile', async () => {
    const abort = new AbortController()
    const notice = noticeOf([tempFolder()], endless, abort.signal)
    await notice.wait()
    const waiting = notice.wait()
    abort.abort()
    await waiting
    await notice.wait()
  })
})

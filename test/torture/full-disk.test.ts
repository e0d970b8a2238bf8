/** A disk that really is full, page by page; where no file system may be mounted this is skipped, and test/cli/full-disk.test.ts remains. */
import { expect } from 'chai'
import { scenarios } from '../../tools/torture/crash-scenarios.ts'
import { fullDisk } from '../../tools/torture/full-disk-mount.ts'

describe('a full disk', function () {
  this.timeout(120_000)

  it('stops every change with a clear error, leaves the old and nothing more, and then there is room', function () {
    const ended = fullDisk()
    if (ended === null) return this.skip()
    expect(ended.text.split('\n').filter(line => line.startsWith('FAILED'))).to.deep.equal([])
    expect(ended.code, ended.text).to.equal(0)
    expect(ended.text.match(/^ok/gm)?.length).to.equal(scenarios.length)
  })
})

import { expect } from 'chai'
import { graphOf, isJob } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { refuses } from './refuses.ts'

const stream = job('j').from(source('clicks', { schema: { user: t.string() } }))
const built = stream.keyBy('user').apply('a', { state: {}, onRecord: () => undefined })
const brand = Symbol.for('headwater.job')

/** As another copy of the library would make it. */
const foreign = (mark: unknown): Job =>
  Object.assign({ name: 'j', sources: [], sinks: [] }, { [brand]: mark })

describe('brand of a job', () => {
  it('is on whole jobs only', () => {
    expect([built, built.to('x')].map(isJob)).to.deep.equal([true, true])
    const others = [
      stream,
      stream.keyBy('user'),
      job('j'),
      null,
      undefined,
      'job',
      {},
      { [brand]: null },
      foreign({}),
    ]
    expect(others.map(isJob)).to.deep.equal(others.map(() => false))
    for (const other of others) refuses(() => graphOf(other as Job), 'not-a-job')
  })

  it('is recognised whoever made it', () => {
    const graph = graphOf(built)
    const other = foreign({ format: 1, graph })
    expect(isJob(other)).to.equal(true)
    expect(graphOf(other)).to.equal(graph)
    expect(graphOf(built)).to.equal(graph)
  })

  it('of a newer version is a job, and refused by name', () => {
    const newer = foreign({ format: 2, graph: { stages: 'unknown' } })
    expect(isJob(newer)).to.equal(true)
    const message = refuses(() => graphOf(newer), 'job-format')
    expect(message).to.contain('job j').and.contain('format 1 or older').and.contain('found format 2')
  })
})

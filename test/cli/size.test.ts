import { expect } from 'chai'
import { Arguments } from '../../src/cli/arguments.ts'
import { archiveCommand } from '../../src/cli/commands/archive.ts'
import { sizeOption } from '../../src/cli/size.ts'
import { UsageError } from '../../src/cli/usage-error.ts'

describe('sizes on the command line', () => {
  const bytes = (text: string): number | undefined =>
    sizeOption(new Arguments(archiveCommand, [], { 'roll-bytes': text }), 'roll-bytes')

  it('are bytes, or in units of 1000 or 1024', () => {
    expect(['1', '1048576', '3KB', '3KiB', '64MiB', '2GB'].map(bytes)).to.deep.equal([
      1, 1_048_576, 3000, 3072, 67_108_864, 2_000_000_000,
    ])
    expect(sizeOption(new Arguments(archiveCommand, [], {}), 'roll-bytes')).to.equal(undefined)
  })

  it('are refused as anything else', () => {
    for (const text of ['0', '-1', '1.5MiB', '1 MiB', '1mb', 'MiB', '99999999GiB'])
      expect(() => bytes(text), text).to.throw(UsageError, '--roll-bytes')
  })
})

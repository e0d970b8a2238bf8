/** `headwater proof`: whether history and log join without a hole, per partition. */
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'

export const proofCommand: Command = {
  name: 'proof',
  summary: 'Show per partition how history and log join, and what was accepted on the way',
  about:
    'Reads the manifest alone. Exit code 1 unless every partition joins without a hole, by offsets or by record ids, and nothing ' +
    'approximate was accepted.',
  positionals: [savepointArgument],
  options: {},
  examples: [
    ['proof checkpoints', 'of the newest checkpoint'],
    ['proof savepoints/november --json', 'for machines'],
  ],
  run: async (args, session) => {
    const [{ openSavepoint }, { handoffProof }, { proofLines, refuseUnproved }] = await Promise.all([
      import('../../savepoint/open.ts'),
      import('../../savepoint/proof.ts'),
      import('../proof-text.ts'),
    ])
    const savepoint = await openSavepoint(args.word('SAVEPOINT'))
    const proof = handoffProof(savepoint.manifest)
    if (session.json) await session.out.json(proof)
    else await session.out.lines(proofLines(proof))
    refuseUnproved(proof, savepoint.manifestPath)
  },
}

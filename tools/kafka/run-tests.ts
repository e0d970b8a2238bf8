/**
 * Runs the Kafka tests (test/kafka, or the files that are given) against a real broker that it starts and stops:
 * `npm run test:kafka [-- FILE…]`. They find it by HEADWATER_KAFKA (host:port) and HEADWATER_KAFKA_BROKER (all there is to
 * know, JSON); HEADWATER_NO_CONFLUENT says why the second client is not there, where it is not. Exit code 77 says that there is no JDK or no Maven here, so that nothing was tried.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startBroker, whyNoBroker } from './broker.ts'
import type { BrokerPlace } from './broker.ts'
import { installConfluent } from './confluent.ts'
import { kafkaTestFiles } from './test-files.ts'

const skipped = 77
const root = fileURLToPath(new URL('../..', import.meta.url))
const hooks = ['--node-option', 'import=tsx', '--node-option', 'import=./tools/tsx-in-workers.mjs']

async function mocha(place: BrokerPlace, noConfluent: string, files: readonly string[]): Promise<number> {
  const { addresses, clusterId, folder } = place
  const env = {
    ...process.env,
    HEADWATER_KAFKA: addresses.plaintext,
    HEADWATER_KAFKA_BROKER: JSON.stringify({ addresses, clusterId, folder }),
    HEADWATER_NO_CONFLUENT: noConfluent,
  }
  const program = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url))
  const args = [program, '--no-config', ...hooks, '--timeout', '300000', ...files]
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

const why = whyNoBroker()
if (why !== null) {
  console.log(`skipped: ${why}`)
  process.exitCode = skipped
} else {
  const files = process.argv.slice(2)
  const noConfluent = installConfluent() ?? ''
  if (noConfluent !== '') console.log(noConfluent)
  const broker = await startBroker({ heap: '1g' })
  console.log(`broker at ${broker.addresses.plaintext}, its log in ${broker.folder}`)
  try {
    process.exitCode = await mocha(broker, noConfluent, files.length > 0 ? files : kafkaTestFiles())
  } finally {
    await broker.stop()
  }
}

/** The broker's process: formatting its data, starting, signals. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scramArguments } from './settings.ts'

/** What its Java is started with. */
export interface JavaSetup {
  readonly classPath: string
  readonly log4j: string
  /** `512m`. */
  readonly heap: string
}

/** One run of a broker. */
export interface BrokerProcess {
  readonly pid: number
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it, a frozen one too, and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const startsWithinMs = 240_000 // a few seconds where nothing else runs
const pollMs = 25
const started = 'Kafka Server started'

/** Makes the data folder that the folder's server.properties name, with the users of SCRAM. `features`: levels, by name. */
export function formatData(
  { classPath, log4j }: JavaSetup,
  folder: string,
  clusterId: string,
  features: Readonly<Record<string, number>>,
): void {
  const java = ['-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath]
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesOf(folder)]
  const levels = Object.entries(features).flatMap(([name, level]) => ['--feature', `${name}=${level}`])
  const { status, stdout, stderr } = spawnSync('java', [...java, ...format, ...levels, ...scramArguments()], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the broker's data could not be formatted:\n${stdout}${stderr}`)
}

/** Starts the broker of that folder; returns when it serves. */
export async function startProcess(setup: JavaSetup, folder: string): Promise<BrokerProcess> {
  const logFile = join(folder, 'broker.log')
  const log = openSync(logFile, 'a')
  const logStart = statSync(logFile).size
  const memory = [`-Xms${setup.heap}`, `-Xmx${setup.heap}`, '-XX:+UseG1GC']
  const java = [...memory, `-Dlog4j2.configurationFile=${setup.log4j}`, '-cp', setup.classPath]
  const child = spawn('java', [...java, 'BrokerMain', propertiesOf(folder)], { stdio: ['pipe', log, log] })
  closeSync(log)
  const ended = once(child, 'exit')
  const killWithUs = (): void => {
    child.kill('SIGKILL') // a frozen one does not see its input end
  }
  process.once('exit', killWithUs)
  const deadline = Date.now() + startsWithinMs
  const output = (): string => readFileSync(logFile).subarray(logStart).toString()
  while (!output().includes(started)) {
    if (child.exitCode === null && Date.now() < deadline) await sleep(pollMs)
    else {
      killWithUs()
      throw new Error(`the broker did not start:\n${output().split('\n').slice(-30).join('\n')}`)
    }
  }
  return {
    pid: child.pid!,
    signal: signal => {
      child.kill(signal)
    },
    end: async signal => {
      process.off('exit', killWithUs)
      child.kill(signal)
      child.kill('SIGCONT')
      await ended
    },
  }
}

function propertiesOf(folder: string): string {
  return join(folder, 'server.properties')
}

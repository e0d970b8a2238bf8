/**
 * A run that kills or freezes itself at a step of its protocol: `{folder, target, step, signal, task}` as JSON. It prints the step
 * when it is there, then, should it go on, how it ended. Beside the steps of stepping.ts: `end`, the request that ends the
 * transaction is about to be sent, so that outputs and pointer are with the broker; `ended`, it is sent, its answer not heard.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { TaskOption } from '../../../src/live/tasks.ts'
import { TransactionsWorld } from '../../live/transactions-world.ts'
import { topicOutput, type Target } from './stepping.ts'

/** What it is told. */
export interface CrashOrder {
  readonly folder: string
  readonly target: Target
  /** Empty: it stops nowhere. */
  readonly step: string
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  readonly task?: TaskOption
}

const endTransaction = 26
const { folder, target, step, signal, task } = JSON.parse(process.argv[2] ?? '{}') as CrashOrder
let isOver = false

function reach(name: string): void {
  if (name !== step || isOver) return
  isOver = true
  writeSync(1, `${name}\n`)
  process.kill(process.pid, signal)
}

const write: (...all: never) => unknown = Socket.prototype.write // eslint-disable-line @typescript-eslint/unbound-method
Socket.prototype.write = function (this: Socket, ...all: unknown[]): boolean {
  const [chunk] = all
  const isEnd = chunk instanceof Buffer && isRequest(chunk) && chunk.readInt16BE(4) === endTransaction
  if (isEnd) reach('end')
  const taken = Reflect.apply(write, this, all) as boolean
  if (isEnd) reach('ended')
  return taken
}

function isRequest(chunk: Buffer): boolean {
  return chunk.length > 8 && chunk.readInt32BE(0) === chunk.length - 4
}

const world = new TransactionsWorld(folder, undefined, topicOutput(target))
const { outcome } = world.begun(async name => reach(name), { task })
process.stdout.write(`${await outcome}\n`)

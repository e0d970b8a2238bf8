/**
 * A Java program that is asked by lines of JSON: one object a request, one an answer. It ends with us, and keeps us from
 * ending only while an answer is awaited.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

/** An answer that is a Java exception. */
export class JavaError extends Error {
  /** The exception's class: `UnknownTopicOrPartitionException`. */
  override readonly name: string

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** A running program. */
export interface JavaProcess {
  /** Fails with `JavaError` when the program answers so. */
  ask(op: string, args?: object): Promise<unknown>
  /** Ends the program; requests without an answer fail. */
  close(): Promise<void>
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly name: string; readonly message: string }
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Starts `java` with those arguments; what it says on stderr goes to the file. */
export function startJava(args: readonly string[], logFile: string): JavaProcess {
  const log = openSync(logFile, 'a')
  const stdio: ['pipe', 'pipe', number] = ['pipe', 'pipe', log]
  // Its types know no file as the third.
  const child = spawn('java', args, { stdio }) as ChildProcessByStdio<Writable, Readable, null>
  closeSync(log)
  const ended = once(child, 'exit')
  const waiting = new Map<number, Waiting>()
  let last = 0
  // Its pipes are sockets, which the types of a child's streams do not say.
  const held = [child, child.stdin as Socket, child.stdout as Socket]
  const hold = (): void => {
    for (const each of held) {
      if (waiting.size > 0) each.ref()
      else each.unref()
    }
  }
  hold()
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, result, error } = JSON.parse(line) as Answer
    const asker = waiting.get(id)
    waiting.delete(id)
    hold()
    if (error === undefined) asker?.resolve(result)
    else asker?.reject(new JavaError(error.name, error.message))
  })
  const fail = (): void => {
    for (const asker of waiting.values()) asker.reject(new Error(`the Java program ended; see ${logFile}`))
    waiting.clear()
  }
  child.on('exit', fail)
  child.on('error', fail)
  child.stdin.on('error', () => undefined) // its end is told by 'exit'
  return {
    ask: async (op, args = {}) => {
      if (child.exitCode !== null) throw new Error(`the Java program has ended; see ${logFile}`)
      last += 1
      const id = last
      const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
      hold()
      child.stdin.write(`${JSON.stringify({ id, op, args })}\n`)
      return await answer
    },
    close: async () => {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}

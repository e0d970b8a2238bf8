/** All commands, in the order of a job's life. */
import type { Command } from './cli.ts'
import { archiveCommand } from './commands/archive.ts'
import { bootstrapCommand } from './commands/bootstrap.ts'
import { createCommand } from './commands/create.ts'
import { diffCommand } from './commands/diff.ts'
import { compactCommand } from './commands/compact.ts'
import { digestCommand } from './commands/digest.ts'
import { editCommand } from './commands/edit.ts'
import { gcCommand } from './commands/gc.ts'
import { exportCommand } from './commands/export.ts'
import { getCommand } from './commands/get.ts'
import { logAppendCommand } from './commands/log-append.ts'
import { logReadCommand } from './commands/log-read.ts'
import { logShowCommand } from './commands/log-show.ts'
import { logTrimCommand } from './commands/log-trim.ts'
import { mergeCommand } from './commands/merge.ts'
import { lsCommand } from './commands/ls.ts'
import { outputCommand } from './commands/output.ts'
import { planCommand } from './commands/plan.ts'
import { proofCommand } from './commands/proof.ts'
import { rewriteCommand } from './commands/rewrite.ts'
import { queryCommand } from './commands/query.ts'
import { runCommand } from './commands/run.ts'
import { savepointCommand } from './commands/savepoint.ts'
import { scanCommand } from './commands/scan.ts'
import { showCommand } from './commands/show.ts'
import { stopCommand } from './commands/stop.ts'
import { verifyCommand } from './commands/verify.ts'

/** Commands of two words belong to a group. */
export const commands: readonly Command[] = [
  bootstrapCommand,
  planCommand,
  runCommand,
  savepointCommand,
  stopCommand,
  outputCommand,
  lsCommand,
  showCommand,
  proofCommand,
  getCommand,
  scanCommand,
  queryCommand,
  diffCommand,
  exportCommand,
  verifyCommand,
  digestCommand,
  editCommand,
  rewriteCommand,
  mergeCommand,
  createCommand,
  compactCommand,
  gcCommand,
  archiveCommand,
  logAppendCommand,
  logReadCommand,
  logTrimCommand,
  logShowCommand,
]

/** First words that are no command by themselves. */
export const groups: readonly { readonly name: string; readonly summary: string }[] = [
  { name: 'log', summary: 'Fill, read, cut and look at file logs' },
]

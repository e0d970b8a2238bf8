/** The planted bugs: what is replaced by what, and the tests that must notice. */

/** One bug. */
export interface Mutant {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly from: string
  readonly to: string
  /** Test files that are run; one failure is enough. */
  readonly tests: readonly string[]
}

const laws = 'test/laws/equivalence.test.ts'
const live = 'test/live/run.test.ts'
const transactions = 'test/live/transactions.test.ts'

export const mutants: readonly Mutant[] = [
  {
    name: 'the cut is one too early: the last record of history is read again',
    file: 'src/bootstrap/manifest-sources.ts',
    from: 'scan.settings.cut?.get(partition) ?? covered?.next ?? null',
    to: 'scan.settings.cut?.get(partition) ?? (covered && covered.next - 1) ?? null',
    tests: [laws],
  },
  {
    name: 'the plan is made and ignored',
    file: 'src/live/planned-start.ts',
    from: '  refuse(start.plan)\n',
    to: '',
    tests: [live],
  },
  {
    name: 'one entry is lost when keys are restored',
    file: 'src/live/live-table.ts',
    from: 'for (const [i, slot] of slots.entries())',
    to: 'for (const [i, slot] of [...slots.entries()].slice(0, -1))',
    tests: [laws],
  },
  {
    name: 'the focus stays on the first key of a batch',
    file: 'src/operator/step.ts',
    from: '      focus.slot = rows.slot(row)\n',
    to: '      if (row === from) focus.slot = rows.slot(row)\n',
    tests: [laws],
  },
  {
    name: 'state that no operator claims is dropped in silence',
    file: 'src/handoff/state-plan.ts',
    from: '  const drop = flags.drop?.includes(path) === true\n',
    to: '  const drop = true\n',
    tests: ['test/handoff/plan-states.test.ts'],
  },
  {
    name: 'an operator sees the clock after its record',
    file: 'src/live/intake.ts',
    from: '    this.#deliver(record, logged, origins.add(logged, time))\n    if (time !== null) times.advance(this.#sourceTimes, partition, time)\n',
    to: '    if (time !== null) times.advance(this.#sourceTimes, partition, time)\n    this.#deliver(record, logged, origins.add(logged, time))\n',
    tests: [laws],
  },
  {
    name: 'history is ordered by event time instead of the schedule',
    file: 'src/bootstrap/group-schedule.ts',
    from: 'maxAt(source, partitions[row] as number, offsets[row] as number)',
    to: '(batch.times[row] as number)',
    tests: ['test/bootstrap/positions.test.ts', laws],
  },
  {
    name: 'a position that was there before is applied again',
    file: 'src/bootstrap/source-scan.ts',
    from: '        dropped.add(row)\n        this.counts.duplicates++\n',
    to: '        this.counts.duplicates++\n',
    tests: ['test/bootstrap/positions.test.ts'],
  },
  {
    name: 'a removed value comes back from an older layer',
    file: 'src/savepoint/value-merge.ts',
    from: '    this.#layer = top.layer\n    this.#rows = top.rows\n',
    to: '    if (top.isTombstone) return\n    this.#layer = top.layer\n    this.#rows = top.rows\n',
    tests: ['test/savepoint/layers.test.ts', laws],
  },
  {
    name: 'what a failing call wrote stays',
    file: 'src/operator/step.ts',
    from: 'for (const column of state.columns) column.undo(this.#table.focus.slot)',
    to: 'void state.columns',
    tests: ['test/operator/step.test.ts'],
  },
  {
    name: 'output after the last checkpoint is not cut back',
    file: 'src/sink/ndjson.ts',
    from: '        if (size > bytes) await handle.truncate(bytes)\n',
    to: '',
    tests: ['test/sink/ndjson.test.ts'],
  },
  {
    name: 'any file is cut to the length that a checkpoint recorded',
    file: 'src/sink/ndjson-state.ts',
    from: 'state?.path !== path',
    to: 'state === null',
    tests: ['test/sink/ndjson.test.ts', 'test/live/sink-files.test.ts'],
  },
  {
    name: 'a list that was handed out is written on',
    file: 'src/state/handles.ts',
    from: '    flags[focus.slot] = flag | shared\n',
    to: '',
    tests: [laws],
  },
  {
    name: 'what was emitted is kept by reference until the batch ends',
    file: 'src/operator/step.ts',
    from: '? { ...record } : record',
    to: '? record : record',
    tests: ['test/operator/step.test.ts'],
  },
  {
    name: 'the state digest does not cover values',
    file: 'src/savepoint/digest.ts',
    from: '    this.#value.add(rows.value, start, end)\n',
    to: '',
    tests: ['test/savepoint/layers.test.ts', 'test/failures/19-same-input-other-workers.test.ts'],
  },
  {
    name: 'a commit replaces the manifest of whoever was first',
    file: 'src/savepoint/commit.ts',
    from: '    await inScratch(final, () => link(temporary, final)) // the commit point\n',
    to: '    await rm(final, { force: true })\n    await link(temporary, final)\n',
    tests: ['test/savepoint/commit.test.ts'],
  },
  {
    name: 'a start does not ask what was committed by transactions',
    file: 'src/savepoint/settle.ts',
    from: '    if (pointer !== null && pointer.number > head) {\n',
    to: '    if (pointer !== null && pointer.number > head + 1) {\n',
    tests: [transactions],
  },
  {
    name: 'a task that joins again does not settle its chain',
    file: 'src/live/place-task.ts',
    from: 'await settledHead(store, await settlerOf(settings, beginning))',
    to: 'await store.newest()',
    tests: [transactions],
  },
  {
    name: 'a manifest is published before its transaction is committed',
    file: 'src/live/checkpointer.ts',
    from: '  await transactions.commit(pointer) // the commit point\n  return store.publish(pointer)\n',
    to: '  const published = await store.publish(pointer)\n  await transactions.commit(pointer)\n  return published\n',
    tests: [transactions],
  },
  {
    name: 'watermarks begin anew when a run is restored',
    file: 'src/live/open-run.ts',
    from: 'if (max !== null) runningMax.set(partition, max)',
    to: 'if (max === Infinity) runningMax.set(partition, max)',
    tests: [laws],
  },
]

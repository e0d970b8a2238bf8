import { positionsOfTheSnapshotRead } from './06-positions-of-the-snapshot-read.ts'
import { fileLogs } from './log-kind.ts'

positionsOfTheSnapshotRead(fileLogs)

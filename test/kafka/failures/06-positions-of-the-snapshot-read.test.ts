import { positionsOfTheSnapshotRead } from '../../failures/06-positions-of-the-snapshot-read.ts'
import { topics } from '../support/topic-logs.ts'

positionsOfTheSnapshotRead(topics)

import { latestOnIdlePartition } from '../../failures/02-start-at-latest-on-idle-partition.ts'
import { topics } from '../support/topic-logs.ts'

latestOnIdlePartition(topics)

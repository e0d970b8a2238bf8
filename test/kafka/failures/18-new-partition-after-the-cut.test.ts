import { newPartitionAfterTheCut } from '../../failures/18-new-partition-after-the-cut.ts'
import { topics } from '../support/topic-logs.ts'

newPartitionAfterTheCut(topics)

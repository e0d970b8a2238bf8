import { recordDuringTheHandoff } from '../../failures/10-record-during-the-handoff.ts'
import { topics } from '../support/topic-logs.ts'

recordDuringTheHandoff(topics)

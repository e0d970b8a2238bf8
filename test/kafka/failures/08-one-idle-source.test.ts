import { oneIdleSource } from '../../failures/08-one-idle-source.ts'
import { topics } from '../support/topic-logs.ts'

oneIdleSource(topics)

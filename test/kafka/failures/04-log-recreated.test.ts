import { logRecreated } from '../../failures/04-log-recreated.ts'
import { topics } from '../support/topic-logs.ts'

logRecreated(topics)

import { tasksOn } from '../../cli/tasks.ts'
import { topics } from '../support/topic-logs.ts'

tasksOn(topics)

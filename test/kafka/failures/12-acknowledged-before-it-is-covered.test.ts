import { acknowledgedBeforeItIsCovered } from '../../failures/12-acknowledged-before-it-is-covered.ts'
import { topics } from '../support/topic-logs.ts'

acknowledgedBeforeItIsCovered(topics)

import { acknowledgedBeforeItIsCovered } from './12-acknowledged-before-it-is-covered.ts'
import { fileLogs } from './log-kind.ts'

acknowledgedBeforeItIsCovered(fileLogs)

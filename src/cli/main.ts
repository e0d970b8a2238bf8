/** `headwater`: goes on in looking.ts for its commands, and in every-command.ts for all others, and for help. */

/** Commands that load no code of a job; looking.ts has them. */
const looking = ['get', 'scan', 'ls', 'show', 'verify', 'diff']

if (looking.includes(process.argv[2] ?? '')) await import('./looking.ts')
else await import('./every-command.ts')

import type { Timer } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import type { Run } from '../orchestrator/run.ts'
import type { SteerCommand } from '../orchestrator/run-options.ts'
import { elapsedOf, isStopping, steeringOf } from '../orchestrator/run-state.ts'
import { scaleAt, stretchesOf } from '../pacing/steering.ts'
import { buildResult } from '../results/build-result.ts'
import { liveFiguresOf } from '../results/live-figures.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { type Key, readKeys, steeringFactor } from './keys.ts'
import { createLiveView, type Progress } from './live-view.ts'
import { createPlainProgress } from './plain-progress.ts'
import type { ProgramContext } from './program-context.ts'
import { canRedraw, terminalOf, wantsColour } from './terminal.ts'

export interface Follow {
  /** A line among the progress. */
  log: (line: string) => void
  /** Leaves the terminal as it was. */
  close(): void
}

const updateMs = 250

/** Shows a run while it goes on, and lets the keys steer it where there is a terminal. */
export const followRun = (
  context: ProgramContext,
  run: Run,
  record: Scenario,
  flags: { quiet?: boolean; color: boolean },
): Follow => {
  if (flags.quiet) return { log: (line) => context.stderr.write(`${line}\n`), close: () => {} }
  const { clock, env } = context
  const terminal = terminalOf(context.stderr)
  const isLive = canRedraw(terminal, env)
  const keys = isLive
    ? readKeys(context.stdin, (key) => pressed(context, run, key, (line) => progress.log(line)))
    : undefined
  const progress: Progress = isLive
    ? createLiveView(terminal, clock, {
        colour: flags.color && wantsColour(terminal, env),
        keys: context.stdin.isTTY === true,
      })
    : createPlainProgress((text) => context.stderr.write(text))
  const forgetExit = context.onExit(() => {
    progress.close()
    keys?.close()
  })

  let timer: Timer
  const update = (): void => {
    const nowMs = clock.wallMs()
    progress.update(buildResult(run.state, record, nowMs), liveFiguresOf(run.state, nowMs))
  }
  const arm = (): void => {
    timer = clock.after(updateMs, () => {
      update()
      arm()
    })
  }
  update()
  arm()
  return {
    log: (line) => progress.log(line),
    close: () => {
      timer.cancel()
      if (run.state.phase === 'finished' && run.state.error === null) update()
      progress.close()
      keys?.close()
      forgetExit()
    },
  }
}

/** Within what the bus takes. */
const scaleBounds = { least: 1e-6, most: 1000 } as const

const pressed = (context: ProgramContext, run: Run, key: Key, log: (line: string) => void): void => {
  const steer = (command: Omit<SteerCommand, 'by'>): void => {
    run.steer({ ...command, by: 'keys' }).catch((error: unknown) => log(`Not steered: ${messageOf(error)}`))
  }
  const steerRate = (scale: number): void =>
    steer({ command: 'rate', scale: Math.min(scaleBounds.most, Math.max(scaleBounds.least, scale)) })
  const steering = steeringOf(run.state)
  const scale = steering.findLast((event) => event.command === 'rate')?.scale ?? 1
  switch (key) {
    case 'interrupt':
      context.interrupt()
      return
    case 'stop':
      steer({ command: 'stop' })
      return
    case 'pauseOrResume': {
      if (run.state.startAtMs === null || isStopping(run.state)) return
      const isPaused =
        scaleAt(stretchesOf(steering), elapsedOf(run.state, context.clock.wallMs()) + 1000) === 0
      steer({ command: isPaused ? 'resume' : 'pause' })
      return
    }
    case 'faster':
      steerRate(scale * steeringFactor)
      return
    case 'slower':
      steerRate(scale / steeringFactor)
  }
}

import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { assetsRoot, buildAssets } from './dashboard-assets-build.ts'

/** The thread of `DashboardAssets`: it builds them, says them, and ends. */
if (!isMainThread && parentPort !== null)
  parentPort.postMessage(buildAssets(assetsRoot, (workerData as { version: string }).version))

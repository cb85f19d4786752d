/**
 * Memory: the most that a Worker's process holds while many streams, or one long one, pass through. Each measurement uses a fresh process,
 * because a heap does not shrink again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./load.ts";
import { CLIENT_HEADERS, requestBody } from "./messages.ts";
import { forgetPeak, memory } from "./processes.ts";
import type { MeasuredWorker } from "./workers.ts";

export interface MemoryCase {
  name: string;
  path: string;
  concurrency: number;
}

export interface MemoryResult {
  /** Resident memory of the process in MB: before, at its peak, and a second after. */
  beforeMb: number;
  peakMb: number;
  afterMb: number;
}

export const MEMORY_CASES: MemoryCase[] = [
  // With pauses, so that all of them are in flight at once for about three seconds.
  { name: "50 streams of 1 MB at once", path: "v1/messages?bytes=1000000&pause=10", concurrency: 50 },
  { name: "one stream of 30 MB", path: "v1/messages?bytes=30000000", concurrency: 1 },
];

const WARM_UP_REQUESTS = 50;
const body = requestBody(4_000, true);

/** Null if the system does not tell it. */
export async function measureMemory(
  { path, concurrency }: MemoryCase,
  worker: MeasuredWorker,
  key: string,
): Promise<MemoryResult | null> {
  const headers = { ...CLIENT_HEADERS, "x-api-key": key };
  const warmUp = { url: `${worker.url}v1/messages?events=50`, headers, body };
  await run({ ...warmUp, requests: WARM_UP_REQUESTS, concurrency });
  await sleep(500);
  forgetPeak(worker.pid);
  const before = memory(worker.pid);
  await run({ url: `${worker.url}${path}`, headers, body, requests: concurrency, concurrency });
  const peak = memory(worker.pid);
  await sleep(1_000);
  const after = memory(worker.pid);
  if (!before || !peak || !after) return null;
  return { beforeMb: before.nowKb / 1024, peakMb: peak.peakKb / 1024, afterMb: after.nowKb / 1024 };
}

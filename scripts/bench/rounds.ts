/**
 * One lane, in interleaved rounds: the same requests to one Worker and then to the other, in alternating order, so that whatever else the
 * machine does affects both. The first round warms up and is not counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lane } from "./lanes.ts";
import { run } from "./load.ts";
import { cpuMs } from "./processes.ts";
import { median, quantile, type Spread, spreadOf } from "./statistics.ts";

/** By then the relay has done what it defers (writing its state), and it is counted. */
const AFTERWORK_MS = 250;

/** A Worker under test. */
export interface Target {
  url: string;
  pid: number;
  /** A relay key. The pass-through passes on whatever it is sent. */
  secret: string;
}

/** One side in one round. CPU is milliseconds per request, null if the system does not tell it. */
export interface SideRound {
  cpuMs: number | null;
  firstByteMs: number[];
  firstTokenMs: number[];
  totalMs: number[];
  pieces: number;
}

/** The relay and its baseline. */
export interface Round {
  base: SideRound;
  relay: SideRound;
}

export interface SideSummary {
  cpuMs: number | null;
  firstByteP50Ms: number;
  firstTokenP50Ms: number;
  firstTokenP99Ms: number;
  totalP50Ms: number;
  /** Pieces per answer that reached the client. */
  pieces: number;
}

/** The results of a lane: ratios are relay to base within a round, absolute figures are over all rounds. */
export interface LaneResult {
  name: string;
  targets: Lane["targets"];
  cpu: Spread | null;
  firstByte: Spread;
  firstToken: Spread;
  total: Spread;
  base: SideSummary;
  relay: SideSummary;
}

export async function measureLane(lane: Lane, base: Target, relay: Target, rounds: number): Promise<LaneResult> {
  const sides = { base, relay };
  const counted: Round[] = [];
  for (let round = 0; round <= rounds; round++) {
    const order: (keyof Round)[] = round % 2 === 0 ? ["base", "relay"] : ["relay", "base"];
    const measured: Partial<Round> = {};
    for (const side of order) measured[side] = await measureSide(lane, sides[side]);
    if (round > 0) counted.push(measured as Round);
  }
  return summarise(lane, counted);
}

/** The figures of a lane from its rounds. */
export function summarise(lane: Pick<Lane, "name" | "targets">, rounds: readonly Round[]): LaneResult {
  const ratios = (figure: (side: SideRound) => number) =>
    spreadOf(rounds.map(({ base, relay }) => figure(relay) / figure(base)));
  const known = rounds.every(({ base, relay }) => base.cpuMs !== null && relay.cpuMs !== null);
  return {
    name: lane.name,
    targets: lane.targets,
    cpu: known ? ratios((side) => side.cpuMs ?? Number.NaN) : null,
    firstByte: ratios((side) => median(side.firstByteMs)),
    firstToken: ratios((side) => median(side.firstTokenMs)),
    total: ratios((side) => median(side.totalMs)),
    base: summariseSide(rounds.map((round) => round.base)),
    relay: summariseSide(rounds.map((round) => round.relay)),
  };
}

function summariseSide(rounds: readonly SideRound[]): SideSummary {
  const cpu = rounds.map((round) => round.cpuMs).filter((ms) => ms !== null);
  const firstTokenMs = rounds.flatMap((round) => round.firstTokenMs);
  return {
    cpuMs: cpu.length === rounds.length ? median(cpu) : null,
    firstByteP50Ms: median(rounds.flatMap((round) => round.firstByteMs)),
    firstTokenP50Ms: median(firstTokenMs),
    firstTokenP99Ms: quantile(firstTokenMs, 0.99),
    totalP50Ms: median(rounds.flatMap((round) => round.totalMs)),
    pieces: median(rounds.map((round) => round.pieces)),
  };
}

/** The requests of one round to one Worker. */
export async function measureSide(lane: Lane, { url, pid, secret }: Target): Promise<SideRound> {
  const { path, body, headersOf, requests, concurrency } = lane;
  const before = cpuMs(pid);
  const seen = await run({ url: `${url}${path}`, headers: headersOf(secret), body, requests, concurrency });
  await sleep(AFTERWORK_MS);
  const after = cpuMs(pid);
  return {
    cpuMs: before !== null && after !== null ? (after - before) / requests : null,
    firstByteMs: seen.firstByteMs,
    firstTokenMs: seen.firstTokenMs,
    totalMs: seen.totalMs,
    pieces: seen.pieces / requests,
  };
}

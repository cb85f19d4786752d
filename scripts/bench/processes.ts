/** What Linux knows of a process: its CPU time, its memory, its children. `null` on other systems, and the report says so. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

export const IS_LINUX = process.platform === "linux";

/** Linux reports CPU time in ticks; 100 a second on every platform that Node runs on. */
const TICK_MS = 10;

/** User and system time of all threads so far, in milliseconds. */
export function cpuMs(pid: number): number | null {
  const fields = statOf(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) * TICK_MS : null;
}

export interface Memory {
  nowKb: number;
  /** The most since the start, or since `forgetPeak`. */
  peakKb: number;
}

export function memory(pid: number): Memory | null {
  if (!IS_LINUX) return null;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
  return { nowKb: field("VmRSS"), peakKb: field("VmHWM") };
}

/** Sets the peak to what is in use now (proc(5), `clear_refs`). */
export function forgetPeak(pid: number): void {
  if (IS_LINUX) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The workerd processes that this process, or another one, has started. */
export function workerdChildren(parent = process.pid): number[] {
  if (!IS_LINUX) return [];
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const fields = Number.isInteger(pid) ? statOf(pid) : null;
      return fields !== null && Number(fields[1]) === parent && programOf(pid) === "workerd";
    });
}

/** The fields of `/proc/<pid>/stat` after the command's name, which may itself contain spaces. */
function statOf(pid: number): string[] | null {
  if (!IS_LINUX) return null;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return "";
  }
}

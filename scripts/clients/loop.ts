/**
 * The conversation that every client goes through: it is asked to run a shell command, gets the call from the upstream, runs it, sends what
 * was printed, and gets a closing word to print. Each protocol's `Script` has the form of the two turns on the wire.
 */
import { randomBytes } from "node:crypto";
import type { Behaviour, Received } from "../../test/front/fake-upstream.ts";

export interface Loop {
  /** Occurs in every string of this loop, and in no other loop's. */
  token: string;
  /** What the client is asked. It also makes a real model, or the demo upstream, call the shell. */
  prompt: string;
  /** The command of the call; below, what it prints. */
  command: string;
  printed: string;
  /** Only the upstream's last answer has this: a client that prints it has been through both turns. */
  closing: string;
}

/** A wire format's part of the loop. */
export interface Script {
  /** The upstream's answer to any request of a client, including side requests (titles, counts, lists). */
  answer(request: Received, loop: Loop): Behaviour;
  /** Whether the relay books a request to this path. */
  generates(method: string, path: string): boolean;
  /** The tool's result in the last message of a request, or null if there is none. */
  toolResult(body: string): { text: string; failed: boolean } | null;
}

export function newLoop(): Loop {
  const token = randomBytes(6).toString("hex");
  const printed = `relay-tool-loop-${token}`;
  return {
    token,
    prompt: `Use your shell tool to run the command \`echo ${printed}\`, then repeat what it printed.`,
    command: `echo ${printed}`,
    printed,
    closing: `relay-loop-closed-${token}`,
  };
}

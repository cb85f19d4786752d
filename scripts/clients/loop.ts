/**
 * The conversation that every client is put through: asked to run a shell command, it gets the call from the upstream,
 * runs it, sends what it printed, and gets a closing word to print. What the two turns look like on the wire is a
 * protocol's own business (`Script`).
 */
import { randomBytes } from "node:crypto";
import type { Behaviour, Received } from "../../test/front/fake-upstream.ts";

export interface Loop {
  /** In every string of this loop, and in no other's. */
  token: string;
  /** What the client is asked; it also makes a real model, or the demo upstream, call the shell. */
  prompt: string;
  /** The command of the call, and what it prints. */
  command: string;
  printed: string;
  /** Only the upstream's last answer has this: a client that prints it has been through both turns. */
  closing: string;
}

/** A wire format's side of the loop. */
export interface Script {
  /** The upstream's answer to any request of a client, side requests (titles, counts, lists) included. */
  answer(request: Received, loop: Loop): Behaviour;
  /** Whether a request to this path is one that the relay books. */
  generates(method: string, path: string): boolean;
  /** What a tool brought back in the last message of a request, or null where none did. */
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
